import type { Command } from 'commander';
import { engineOnce } from '../harness/docker/engine.ts';
import { clusterAddressOf, clusterAt } from '../harness/providers/kubernetes/cluster.ts';
import { namedNamespaces } from '../harness/provision/cluster-provider.ts';
import { sweepCluster, sweepEngine } from '../harness/cleanup/sweep-containers.ts';
import { sweep, type SweepOptions, type SweptItem } from '../harness/cleanup/sweep.ts';
import { defaultStateRoot } from '../harness/support/files.ts';
import type { CliContext, CommandParts } from './context.ts';
import { parseDuration } from './by-hand.ts';

interface SweepFlags {
  readonly dryRun: boolean;
  readonly olderThan?: number;
}

/** `corda-compat sweep`: removes leftovers of dead runs. */
export function addSweepCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('sweep')
    .description('remove leftovers of dead runs from this machine, its Docker engine and its cluster')
    .option('--dry-run', 'only print what would be removed', false)
    .option(
      '--older-than <duration>',
      'only leftovers of runs that began longer ago than this: 90s, 30m, 1h, 2d',
      parseDuration,
    )
    .action(async ({ dryRun, olderThan }: SweepFlags) => {
      const root = defaultStateRoot();
      const options = { root, dryRun, ...(olderThan === undefined ? {} : { olderThanMs: olderThan }) };
      const { items } = await sweep(options);
      // Runs come first: removing one removes the things that its ledger names.
      const containers = await sweepContainers(context, options);
      const all = [...items, ...containers, ...(await sweepNamespaces(context, options))];
      context.print(sweepText(all, root));
      finish(all.some(({ state }) => state === 'failed') ? 1 : 0);
    });
}

/** Leftovers in a Docker engine, if one answers. */
async function sweepContainers({ env }: CliContext, options: SweepOptions): Promise<readonly SweptItem[]> {
  const engine = await engineOnce(env)().catch(() => undefined);
  return engine ? await sweepEngine(engine.client, options) : [];
}

/** Leftovers in the cluster of the current context, if it answers. */
async function sweepNamespaces({ env }: CliContext, options: SweepOptions): Promise<readonly SweptItem[]> {
  const cluster = await clusterAt(clusterAddressOf(env)).catch(() => undefined);
  const given = namedNamespaces(env);
  return cluster ? await sweepCluster(cluster, { ...options, given }).catch(() => []) : [];
}

function sweepText(items: readonly SweptItem[], root: string): string {
  if (items.length === 0) return `Nothing is left below ${root}.`;
  const lines = items.map(({ path, state, detail }) => `${state.padEnd('would-remove'.length)}  ${path}: ${detail}`);
  return lines.join('\n');
}
