import { fc } from '@fast-check/vitest';

// The seed stands in the names of tests, and Stryker finds tests by their names.
fc.configureGlobal({ seed: 1 });
