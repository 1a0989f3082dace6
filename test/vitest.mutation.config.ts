import { defineConfig } from 'vitest/config';

/** What Stryker runs for every mutant: the unit tests of what it mutates, with few random histories, always the same ones. */
export default defineConfig({
  test: {
    include: ['src/harness/{oracle,matrix,domain}/**/*.test.ts'],
    setupFiles: ['test/mutation-setup.ts'],
    env: { PROPERTY_RUNS: '200' },
    testTimeout: 60_000,
  },
});
