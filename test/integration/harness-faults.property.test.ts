import fc from 'fast-check';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAULT_KINDS, HONEST_LIMIT, HONEST_NODES, type HarnessFault } from './honest-network.ts';
import { makeProject } from './vitest-run.ts';

/** The suites that come with the program, as they are, on nodes that do all that they are asked. */

const SUITES = ['health', 'issue', 'pay', 'random', 'notary', 'vault'];
/** About as many as an honest cell asks of its driver. */
const REQUESTS = 140;
const CELLS = 10;

const limits = { start: 1, flow: 1, arrival: 1, prepare: 1, teardown: 1, outage: 0 };
const cell = {
  topology: { nodes: HONEST_NODES, onboarding: 'minted', database: 'h2', minimumPlatformVersion: 'auto' },
  workload: { seed: 7, operations: 20, parallel: 4 },
  limits: { ...Object.fromEntries(Object.keys(limits).map((name) => [name, HONEST_LIMIT])), outage: 0 },
};

const fault: fc.Arbitrary<HarnessFault> = fc.record({
  kind: fc.constantFrom(...FAULT_KINDS),
  at: fc.integer({ min: 1, max: REQUESTS }),
  lasts: fc.constantFrom(1, 3, REQUESTS),
});
const faultsOfCells = fc.array(fc.array(fault, { minLength: 1, maxLength: 3 }), { minLength: CELLS, maxLength: CELLS });

/** The outcome of each cell, by its faults, and the tests that passed. */
async function runWith(faults: readonly (readonly HarnessFault[])[]) {
  const networks = Object.fromEntries(faults.map((each, index) => [`${index}+honest`, { faults: each }]));
  const suiteOf = (name: string): string =>
    `import ${JSON.stringify(join(import.meta.dirname, `../../suites/${name}.test.ts`))};`;
  const suites = Object.fromEntries(SUITES.map((name) => [name, suiteOf(name)]));
  const project = await makeProject({ cells: Object.keys(networks), networks, cell, suites });
  try {
    const run = await project.vitest(['run']).done();
    const { cells } = await run.report();
    return cells.map(({ outcome, because, tests }) => {
      return { outcome, because, passed: tests.filter(({ state }) => state === 'passed').map(({ name }) => name) };
    });
  } finally {
    await project.remove();
  }
}

test(
  'faults of the harness in an honest cell: never incompatible, never compatible with a suite unrun',
  { timeout: 900_000 },
  async () => {
    const property = fc.asyncProperty(faultsOfCells, async (faults) => {
      const [honest, ...cells] = await runWith([[], ...faults]);
      expect(honest?.outcome, honest?.because).toBe('compatible');
      expect(cells).toHaveLength(CELLS);
      for (const [index, { outcome, because, passed }] of cells.entries()) {
        const told = `${JSON.stringify(faults[index])}: ${outcome}: ${because}`;
        expect(['blocked', 'compatible'], told).toContain(outcome);
        if (outcome === 'compatible') expect(passed, told).toEqual(honest?.passed);
      }
    });
    await fc.assert(property, { numRuns: 1, endOnFailure: true });
  },
);
