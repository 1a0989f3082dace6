import * as fc from 'fast-check';
import { test as vitestTest } from 'vitest';

/** Parameters of a property, as far as the tests give any. */
type Parameters = Pick<fc.Parameters<unknown>, 'numRuns'>;

/**
 * What the tests use of @fast-check/vitest, which needs more than a second of processor time to be imported, once for each
 * mutant. The seed is always the same one, and one failure is enough: none is made smaller.
 */
export const test = {
  prop:
    (arbitraries: readonly fc.Arbitrary<unknown>[], parameters: Parameters = {}) =>
    (name: string, holds: (...values: unknown[]) => unknown): void => {
      const property = fc.asyncProperty(fc.tuple(...arbitraries), async (values) => {
        await holds(...values);
      });
      vitestTest(name, () => fc.assert(property, { seed: 1, endOnFailure: true, ...parameters }));
    },
};

export { fc };
