import type { Command } from 'commander';
import { MatrixError } from '../harness/matrix/problems.ts';
import { healthWords } from '../harness/report/health-words.ts';
import type { NamespaceHealth } from '../harness/run/by-hand/health-by-hand.ts';
import { namespaceOption } from './by-hand-options.ts';
import type { CliContext, CommandParts } from './context.ts';

interface Flags {
  readonly namespace?: string;
  readonly json: boolean;
}

/** `corda-compat health`: how the nodes of a network are that up or config has put into a cluster. */
export function addHealthCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('health')
    .description('say how each node of a network is that config or up has put into a cluster, and have it notarise')
    .argument('[cell]', 'cell of the network')
    .addOption(namespaceOption('namespace of the network'))
    .option('--json', 'as JSON', false)
    .action(async (cell: string | undefined, flags: Flags) => {
      const health = await checked(context, cell, flags.namespace);
      context.print(flags.json ? JSON.stringify(health, undefined, 2) : healthWords(health));
      finish(health.problems.length === 0 ? 0 : 1);
    });
}

async function checked(
  { env, signal }: CliContext,
  cell: string | undefined,
  namespace: string | undefined,
): Promise<NamespaceHealth> {
  // Loaded here: what speaks to clusters takes longer to load than other commands take to run.
  const [{ clusterAt }, { clusterAddressOf }, { healthByHand, namespaceOf }] = await Promise.all([
    import('../harness/providers/kubernetes/cluster.ts'),
    import('../harness/providers/kubernetes/cluster-address.ts'),
    import('../harness/run/by-hand/health-by-hand.ts'),
  ]);
  if ((cell === undefined) === (namespace === undefined)) {
    const text = 'name either a cell, or a namespace (-n)';
    throw new MatrixError('corda-compat health', [{ path: [], text }]);
  }
  const cluster = await clusterAt(clusterAddressOf({ ...env }));
  return await healthByHand(cluster, namespace ?? (await namespaceOf(cluster, cell ?? '')), signal);
}
