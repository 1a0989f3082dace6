import type { Plugin } from 'vitest/config';
import type { CompatOptions } from './compat-options.ts';
import { currentHarness } from './harness-slot.ts';
import { loadMain } from './load-main.ts';

export type { CompatOptions } from './compat-options.ts';
export type { LoadedMatrix, SkippedCell } from './session-options.ts';
// Types of the options and of the provisioner interface: with them a dependent can write a provisioner or a loader of its own.
export type * from '../config/cell.ts';
export type { NodeAction } from '../lease/lease.ts';
export type { DriverAddress, CarriedCordapp, Lease, LeasedNode } from '../lease/lease.ts';
export type { LogLine } from '../corda/node-words.ts';
export type { MetricSample } from '../judge/metrics.ts';
export type { Step, StepFailure } from '../support/step-error.ts';
export type * from '../config/release.ts';
export type { ReleaseReport } from '../releases/artefacts.ts';
export type {
  CreateProvisioner,
  ProvisionContext,
  ProvisionedCell,
  Provisioner,
  RunContext,
} from '../provision/provisioner.ts';
export type { LogMark } from '../evidence/evidence.ts';
export type { Progress } from '../support/progress.ts';

/**
 * Makes `vitest run` run the cells of matrix.json. Each cell is a project. Its network starts before its first suite and is
 * removed after its last. Reports are in test-results/. This file imports little: vitest bundles it with every vitest.config.ts.
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
