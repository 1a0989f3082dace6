import type { Command } from 'commander';
import { engineOnce } from '../harness/docker/engine.ts';
import { clusterAddressOf, clusterAt } from '../harness/providers/kubernetes/cluster.ts';
import { namedNamespaces } from '../harness/provision/cluster-provider.ts';
import { sweepCluster, sweepEngine } from '../harness/cleanup/sweep-containers.ts';
import { sweep, type SweepOptions, type SweptItem } from '../harness/cleanup/sweep.ts';
import { defaultStateRoot } from '../harness/support/files.ts';
import { messageOf } from '../harness/support/words.ts';
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

const ENGINE = 'the Docker engine';
const CLUSTER = 'the cluster';

/** Leftovers in a Docker engine. */
async function sweepContainers({ env }: CliContext, options: SweepOptions): Promise<readonly SweptItem[]> {
  return await unlessUnseen(ENGINE, async () => await sweepEngine((await engineOnce(env)()).client, options));
}

/** Leftovers in the cluster of the current context. */
async function sweepNamespaces({ env }: CliContext, options: SweepOptions): Promise<readonly SweptItem[]> {
  const given = namedNamespaces(env);
  return await unlessUnseen(CLUSTER, async () => {
    return await sweepCluster(await clusterAt(clusterAddressOf(env)), { ...options, given });
  });
}

/** Many machines have no engine and no cluster: that fails no sweep, and it is told. */
async function unlessUnseen(path: string, look: () => Promise<readonly SweptItem[]>): Promise<readonly SweptItem[]> {
  return await look().catch((error: unknown) => [{ path, state: 'unseen', detail: messageOf(error) }]);
}

function sweepText(items: readonly SweptItem[], root: string): string {
  const lines = items.map(({ path, state, detail }) => `${state.padEnd('would-remove'.length)}  ${path}: ${detail}`);
  if (items.some(({ state }) => state !== 'unseen')) return lines.join('\n');
  const seen = [ENGINE, CLUSTER].filter((place) => items.every(({ path }) => path !== place));
  return [`Nothing is left below ${[root, ...seen.map((place) => `in ${place}`)].join(', ')}.`, ...lines].join('\n');
}
