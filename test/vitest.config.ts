import { defineConfig } from 'vitest/config';

/** The harness's own tests. They run apart from `npx vitest run`, which shows cells only. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', root: '.', include: ['src/**/*.test.ts', 'fixtures/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'integration',
          root: '.',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'e2e',
          root: '.',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
