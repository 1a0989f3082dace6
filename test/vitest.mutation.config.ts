import { defineConfig } from 'vitest/config';

/**
 * What Stryker runs for every mutant: the unit tests of what it mutates, with few random histories. The seed stands in
 * the names of tests, and Stryker finds tests by their names: so it is always the same one.
 */
export default defineConfig({
  test: {
    include: ['src/harness/{oracle,matrix,domain}/**/*.test.ts'],
    env: { PROPERTY_RUNS: '200', PROPERTY_SEED: '1' },
    testTimeout: 60_000,
  },
});
