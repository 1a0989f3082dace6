import { resolve } from 'node:path';
import type { Plugin } from 'vitest/config';
import type { CompatOptions } from './compat-options.ts';
import { currentHarness } from './harness-slot.ts';
import { loadMain } from './load-main.ts';

export type { CompatOptions } from './compat-options.ts';
export type { LoadedMatrix } from './session-options.ts';

/**
 * Makes `vitest run` run the cells of matrix.json: a project for each, its network up before its first suite and gone
 * after its last, verdicts in test-results/. Imports no more than it must: vitest compiles it for every cell.
 */
export function cordaCompat(options: CompatOptions = {}): Plugin {
  return {
    name: 'corda-compat',
    async config(config) {
      // A cell's project extends the root's configuration, so vitest reads this again for each.
      if (config.test?.provide && 'compat' in config.test.provide) return undefined;
      const main = await loadMain();
      return main.prepare(options, { root: resolve(config.root ?? process.cwd()), exclude: config.test?.exclude });
    },
    configureVitest: ({ vitest }) => currentHarness().attach(vitest),
  };
}
