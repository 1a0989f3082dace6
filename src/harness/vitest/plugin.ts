import type { Plugin } from 'vitest/config';
import type { CompatOptions } from './compat-options.ts';
import { currentHarness } from './harness-slot.ts';
import { loadMain } from './load-main.ts';

export type { CompatOptions } from './compat-options.ts';
export type { LoadedMatrix } from './session-options.ts';

/**
 * Makes `vitest run` run the cells of matrix.json: a project for each, its network up before its first suite and gone
 * after its last, verdicts in test-results/. Imports no more than it must: vitest bundles it with every vitest.config.ts.
 */
export function cordaCompat(options: CompatOptions = {}): Plugin {
  return {
    name: 'corda-compat',
    // Vitest 5 lets projects share the root's server if they are there before its own plugins look.
    enforce: 'pre',
    config: {
      order: 'pre',
      async handler(config) {
        // A project that extends the root's configuration on a server of its own: vitest reads this again for each.
        if (config.test?.provide && 'compat' in config.test.provide) return undefined;
        const main = await loadMain();
        return main.prepare(options, config);
      },
    },
    configureVitest: ({ vitest }) => currentHarness().attach(vitest),
  };
}
