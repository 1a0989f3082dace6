import type { Command } from 'commander';
import { MatrixError } from '../harness/matrix/problems.ts';
import type { Cluster } from '../harness/providers/kubernetes/cluster.ts';
import type { Removed } from '../harness/run/by-hand/take-down.ts';
import { namespaceOption } from './by-hand-options.ts';
import type { CliContext, CommandParts } from './context.ts';

interface Flags {
  readonly namespace?: string;
  readonly all: boolean;
  readonly dryRun: boolean;
}

/** `corda-compat down`: removes networks that config or up has put into a cluster. */
export function addDownCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('down')
    .description('remove networks that were put into a cluster by hand or by up; nothing else is touched')
    .argument('[cell]', 'cell of the networks')
    .addOption(namespaceOption('namespace of the network'))
    .option('--all', 'every such network of the cluster', false)
    .option('--dry-run', 'only say what would be removed', false)
    .action(async (cell: string | undefined, flags: Flags) => {
      const named = [cell !== undefined, flags.namespace !== undefined, flags.all].filter(Boolean).length;
      if (named !== 1) {
        throw new MatrixError('corda-compat down', [
          { path: [], text: 'name either a cell, or a namespace (-n), or --all' },
        ]);
      }
      const removed = await removeAll(context, { cell, ...flags });
      context.print(removed.length === 0 ? 'There is no such network.' : removed.map(line).join('\n'));
      finish(removed.some(({ state }) => state === 'failed') ? 1 : 0);
    });
}

async function removeAll(
  { env, signal }: CliContext,
  { cell, namespace, dryRun }: Flags & { readonly cell: string | undefined },
): Promise<readonly Removed[]> {
  const [{ clusterAt }, { clusterAddressOf }, { takeDown }] = await Promise.all([
    import('../harness/providers/kubernetes/cluster.ts'),
    import('../harness/providers/kubernetes/cluster-address.ts'),
    import('../harness/run/by-hand/take-down.ts'),
  ]);
  const cluster = await clusterAt(clusterAddressOf({ ...env }));
  const names = namespace === undefined ? await namesOf(cluster, cell) : [namespace];
  const removed: Removed[] = [];
  for (const name of names) removed.push(await takeDown(cluster, name, { dryRun, signal }));
  return removed;
}

async function namesOf(cluster: Cluster, cell: string | undefined): Promise<readonly string[]> {
  const { cellOf, namespacesByHand } = await import('../harness/run/by-hand/take-down.ts');
  const all = await namespacesByHand(cluster);
  return all
    .filter((each) => cell === undefined || cellOf(each) === cell)
    .flatMap(({ metadata }) => metadata?.name ?? []);
}

function line({ namespace, state, detail }: Removed): string {
  return `${state.padEnd('would-remove'.length)}  namespace ${namespace}: ${detail}`;
}
