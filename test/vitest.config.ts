import { defineConfig } from 'vitest/config';

/** The harness's own tests. They run apart from `npx vitest run`, which shows cells only. One project after the other. */
export default defineConfig({
  test: {
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
          // Most of them wait for something most of the time; those that share an engine or a cluster wait for each other.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
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
          // One network on this machine itself, and one in the engine or the cluster: each kind waits for its own, see takeTurn.
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
