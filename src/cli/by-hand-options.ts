import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { WORKLOAD_KINDS, type Cell, type WorkloadKind } from '../harness/domain/cell.ts';
import { loadCells } from '../harness/matrix/expand.ts';
import { MatrixError, notAmong } from '../harness/matrix/problems.ts';
import type { ByHandConfig } from '../harness/run/by-hand/compose.ts';
import type { ByHandHost, ConfigOrder } from '../harness/run/by-hand/make-config.ts';
import type { ConfigFormat } from '../harness/run/by-hand/render.ts';
import type { CliContext } from './context.ts';

/** Flags that `config` and `up` have in common. */
export interface ConfigFlags {
  readonly namespace: string;
  readonly storageClass?: string;
  readonly workload?: WorkloadKind;
  readonly replicas: 0 | 1;
  readonly out: string;
}

const LONGEST = 63;
/** Of the cluster itself, and what everybody shares. */
const NOT_OURS = /^(default|kube-.*)$/;

/** A namespace that somebody may have for a network. @throws InvalidArgumentError */
export function parseNamespace(text: string): string {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text) || text.length > LONGEST) {
    throw new InvalidArgumentError(
      `A namespace is at most ${LONGEST} small letters, digits and dashes, no dash at an end.`,
    );
  }
  if (NOT_OURS.test(text)) throw new InvalidArgumentError('A network wants a namespace of its own.');
  return text;
}

export function namespaceOption(words: string): Option {
  return new Option('-n, --namespace <name>', words).argParser(parseNamespace);
}

export function addConfigOptions(command: Command): Command {
  return command
    .addOption(namespaceOption('namespace of the network, one of its own').makeOptionMandatory())
    .option('-s, --storage-class <name>', 'storage class of the nodes’ volumes; the cluster’s default when left out')
    .addOption(
      new Option('--workload <kind>', 'what keeps a node running, instead of what the matrix says').choices(
        WORKLOAD_KINDS,
      ),
    )
    .addOption(new Option('--replicas <number>', 'how many Pods of each workload').choices(['0', '1']).default('1'))
    .option('--out <folder>', 'folder that is written', 'config');
}

/** What flags of the command line come to. */
export function configOrder(
  cell: Cell,
  { namespace, replicas, out }: ConfigFlags,
  { cwd, format }: { readonly cwd: string; readonly format: ConfigFormat },
): ConfigOrder {
  // Commander gives the words of its choices.
  return { cell, namespace, replicas: Number(replicas) === 0 ? 0 : 1, format, out: resolve(cwd, out) };
}

export function byHandHost({ env, cwd, signal, note }: CliContext, flags: Partial<ConfigFlags>): ByHandHost {
  const { storageClass } = flags;
  const progress = { say: (text: string, cell?: string) => note(cell === undefined ? text : `${cell}  ${text}`) };
  const chosen = storageClass === undefined ? {} : { COMPAT_STORAGE_CLASS: storageClass };
  return { env: { ...env, ...chosen }, root: cwd, progress, signal };
}

/** The cell of this name, or the only one, as flags want it. @throws MatrixError that lists the cells */
export async function chosenCell(
  { cwd, env }: CliContext,
  name: string | undefined,
  { workload }: Pick<ConfigFlags, 'workload'> = {},
): Promise<Cell> {
  const chosen = { COMPAT_PROVIDER: 'kubernetes', ...(workload === undefined ? {} : { COMPAT_WORKLOAD: workload }) };
  const { cells } = await loadCells({ cwd, env: { ...env, ...chosen } });
  const names = cells.map((cell) => cell.name);
  const [first] = cells;
  if (name === undefined && first && cells.length === 1) return first;
  const found = cells.find((cell) => cell.name === name);
  if (found) return found;
  const text =
    name === undefined
      ? `the matrix has ${cells.length} cells: name one. Cells: ${names.join(', ')}`
      : notAmong(name, 'no such cell', names);
  throw new MatrixError('corda-compat', [{ path: [], text }]);
}

/** What a person does with a network that is applied. */
export function nextSteps({ namespace, attach: { workloads } }: ByHandConfig): readonly string[] {
  const kind = workloads[0]?.kind ?? 'statefulset';
  const names = workloads.map(({ name }) => name).join(' ');
  return [
    `look:   kubectl get pods -n ${namespace}; kubectl logs -f ${kind}/${workloads[0]?.name} -n ${namespace}`,
    `scale:  kubectl scale ${kind} ${names} --replicas=1 -n ${namespace}`,
    `test:   npx corda-compat test --attach ${namespace}`,
    `remove: npx corda-compat down -n ${namespace}`,
  ];
}
