import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The first test that fails ends a mutant. Those that tell of one case are asked before those of random histories, and those
 * of the domain before those of what is built on it.
 */
class QuickOnesFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((one, other) => (place(one) < place(other) ? -1 : 1)));
  }
}

function place({ moduleId }: TestSpecification): string {
  return `${moduleId.endsWith('.property.test.ts') ? 'last' : 'first'} ${moduleId}`;
}

/** What Stryker runs for every mutant: the unit tests of what it mutates, with few random histories, always the same ones. */
export default defineConfig({
  resolve: { alias: { '@fast-check/vitest': fileURLToPath(new URL('mutation-properties.ts', import.meta.url)) } },
  test: {
    include: ['src/harness/{corda,config,judge}/**/*.test.ts'],
    env: { PROPERTY_RUNS: '200' },
    testTimeout: 60_000,
    // What is imported is imported once for a mutant, not once for each file: nearly all that a mutant costs.
    isolate: false,
    sequence: { sequencer: QuickOnesFirst },
  },
});
