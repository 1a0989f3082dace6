import { defineConfig } from 'vitest/config';
import { Lanes } from './lanes.ts';

/**
 * What needs real things, all together: mostly it waits for an engine, a cluster or a network. Those that share one of them wait for each
 * other, see takeTurn, and a worker is held by whoever waits: more workers than there is work for at a time.
 */
const REAL = { maxWorkers: 8, sequence: { groupOrder: 2 } };

/** The harness's own tests. They run apart from `npx vitest run`, which shows cells only. */
export default defineConfig({
  test: {
    sequence: { sequencer: Lanes },
    projects: [
      {
        test: {
          name: 'unit',
          root: '.',
          include: ['src/**/*.test.ts', 'fixtures/**/*.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'integration',
          root: '.',
          globalSetup: ['./test/rig/docker-setup.ts', './test/rig/cluster-setup.ts'],
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          ...REAL,
        },
      },
      {
        test: {
          name: 'e2e',
          root: '.',
          globalSetup: ['./test/rig/docker-setup.ts', './test/rig/cluster-setup.ts'],
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          ...REAL,
        },
      },
    ],
  },
});
