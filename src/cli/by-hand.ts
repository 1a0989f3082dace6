import { resolve, relative, dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { execa } from 'execa';
import { WORKLOAD_KINDS, type Cell, type WorkloadKind } from '../harness/config/cell.ts';
import { loadCells } from '../harness/config/expand.ts';
import { MatrixError, notAmong } from '../harness/config/problems.ts';
import type { ByHandConfig } from '../harness/byhand/compose.ts';
import type { ByHandHost, ConfigOrder } from '../harness/byhand/make-config.ts';
import type { ConfigFormat } from '../harness/byhand/render.ts';
import type { CliContext, CommandParts } from './context.ts';
import type { Cluster } from '../harness/providers/kubernetes/cluster.ts';
import type { Removed } from '../harness/byhand/take-down.ts';
import { healthWords } from '../harness/report/health-words.ts';

/** Flags that `config` and `up` have in common. */
interface ConfigFlags {
  readonly namespace: string;
  readonly storageClass?: string;
  readonly workload?: WorkloadKind;
  readonly replicas: 0 | 1;
  readonly out: string;
}

const LONGEST = 63;
/** The cluster's own namespaces, and shared ones. */
const NOT_OURS = /^(default|kube-.*)$/;

/** A namespace that a user may give to a network. @throws InvalidArgumentError */
function parseNamespace(text: string): string {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text) || text.length > LONGEST) {
    const rule = `at most ${LONGEST} small letters, digits and dashes, no dash at an end`;
    throw new InvalidArgumentError(`A namespace is ${rule}.`);
  }
  if (NOT_OURS.test(text)) throw new InvalidArgumentError('A network needs a namespace of its own.');
  return text;
}

function namespaceOption(words: string): Option {
  return new Option('-n, --namespace <name>', words).argParser(parseNamespace);
}

function addConfigOptions(command: Command): Command {
  const workload = 'kind of workload that keeps a node running, instead of the matrix’s choice';
  return command
    .addOption(namespaceOption('namespace of the network, which has it for itself').makeOptionMandatory())
    .option('-s, --storage-class <name>', 'storage class of the nodes’ volumes; default: that of the cluster')
    .addOption(new Option('--workload <kind>', workload).choices(WORKLOAD_KINDS))
    .addOption(new Option('--replicas <number>', 'number of Pods of each workload').choices(['0', '1']).default('1'))
    .option('--out <folder>', 'folder to write', 'config');
}

/** The order that the flags describe. */
function configOrder(
  cell: Cell,
  { namespace, replicas, out }: ConfigFlags,
  { cwd, format }: { readonly cwd: string; readonly format: ConfigFormat },
): ConfigOrder {
  // Commander gives the words of its choices.
  return { cell, namespace, replicas: Number(replicas) === 0 ? 0 : 1, format, out: resolve(cwd, out) };
}

function byHandHost({ env, cwd, signal, note }: CliContext, flags: Partial<ConfigFlags>): ByHandHost {
  const { storageClass } = flags;
  const progress = { say: (text: string, cell?: string) => note(cell === undefined ? text : `${cell}  ${text}`) };
  const chosen = storageClass === undefined ? {} : { COMPAT_STORAGE_CLASS: storageClass };
  return { env: { ...env, ...chosen }, root: cwd, progress, signal };
}

/** The cell of this name, or the only one, as flags want it. @throws MatrixError that lists the cells */
async function chosenCell(
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
  const unnamed = `the matrix has ${cells.length} cells: name one. Cells: ${names.join(', ')}`;
  const text = name === undefined ? unnamed : notAmong(name, 'no such cell', names);
  throw new MatrixError('corda-compat', [{ path: [], text }]);
}

/** The next commands for a user, once a network is applied. */
function nextSteps({ namespace, attach: { workloads } }: ByHandConfig): readonly string[] {
  const kind = workloads[0]?.kind ?? 'statefulset';
  const names = workloads.map(({ name }) => name).join(' ');
  return [
    `look:   kubectl get pods -n ${namespace}; kubectl logs -f ${kind}/${workloads[0]?.name} -n ${namespace}`,
    `scale:  kubectl scale ${kind} ${names} --replicas=1 -n ${namespace}`,
    `test:   npx corda-compat test --attach ${namespace}`,
    `remove: npx corda-compat down -n ${namespace}`,
  ];
}

interface ConfigCommandFlags extends ConfigFlags {
  readonly cell?: string;
  readonly format: ConfigFormat;
}

/** `corda-compat config`: a cell’s network as files, for kubectl, helm or kustomize. */
export function addConfigCommand(program: Command, { context, finish }: CommandParts): void {
  const format = new Option('--format <format>', 'program that reads the files');
  const command = program
    .command('config')
    .description('write the Kubernetes objects of a cell’s network, for you to apply; builds and publishes its images')
    .option('--cell <name>', 'cell of the matrix; needed if the matrix has several')
    .addOption(format.choices(['yaml', 'helm', 'kustomize']).default('yaml'));
  addConfigOptions(command).action(async ({ cell: name, ...flags }: ConfigCommandFlags) => {
    const cell = await chosenCell(context, name, flags);
    // Loaded here: what speaks to engines and clusters takes longer to load than other commands take to run.
    const { makeConfig } = await import('../harness/byhand/make-config.ts');
    const order = configOrder(cell, flags, { cwd: context.cwd, format: flags.format });
    const config = await makeConfig(order, byHandHost(context, flags));
    context.print(written(config, { folder: relative(context.cwd, order.out) || '.', format: flags.format }));
    finish(0);
  });
}

/** Says what to do with the folder. */
function written(config: ByHandConfig, { folder, format }: { readonly folder: string; readonly format: ConfigFormat }) {
  const { cell, namespace, folders } = config;
  const apply = {
    yaml: `kubectl apply -R -f ${folder}`,
    // Not helm install: it keeps a copy of all in one Secret, and the nodes’ tables alone are too large for that.
    helm: `helm template ${folder} | kubectl apply -f -`,
    kustomize: `kubectl apply -k ${folder}`,
  }[format];
  return [
    `${cell} for namespace ${namespace} written to ${folder}/: ${folders.map(({ name }) => name).join(', ')}`,
    'These files hold keys and passwords; only you may read them.',
    `apply:  ${apply}`,
    ...nextSteps(config),
  ].join('\n');
}

/** `corda-compat up`: a cell’s network in a cluster, which stays until a user removes it. */
export function addUpCommand(program: Command, { context, finish }: CommandParts): void {
  const command = program
    .command('up')
    .description(
      'bring up a cell’s network in a cluster and leave it there; writes the applied objects to files, as config does',
    )
    .argument('[cell]', 'cell of the matrix; needed if the matrix has several');
  addConfigOptions(command).action(async (name: string | undefined, flags: ConfigFlags) => {
    const cell = await chosenCell(context, name, flags);
    // Loaded here: what speaks to engines and clusters takes longer to load than other commands take to run.
    const { bringUpByHand } = await import('../harness/byhand/bring-up.ts');
    const order = configOrder(cell, flags, { cwd: context.cwd, format: 'yaml' });
    let begun: ByHandConfig | undefined;
    const host = { ...byHandHost(context, flags), applied: (config: ByHandConfig) => void (begun = config) };
    try {
      const config = await bringUpByHand(order, host);
      context.print([`${cell.name} is in namespace ${config.namespace}`, ...nextSteps(config)].join('\n'));
      finish(0);
    } catch (error) {
      const steps = begun ? nextSteps(begun).join('\n') : '';
      if (begun) context.note(`The applied objects stay in namespace ${begun.namespace}:\n${steps}`);
      throw error;
    }
  });
}

interface DownFlags {
  readonly namespace?: string;
  readonly all: boolean;
  readonly dryRun: boolean;
}

/** `corda-compat down`: removes networks that config or up has put into a cluster. */
export function addDownCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('down')
    .description('remove networks that config or up put into a cluster, and nothing else')
    .argument('[cell]', 'cell of the networks')
    .addOption(namespaceOption('namespace of the network'))
    .option('--all', 'every such network of the cluster', false)
    .option('--dry-run', 'only print what would be removed', false)
    .action(async (cell: string | undefined, flags: DownFlags) => {
      const named = [cell !== undefined, flags.namespace !== undefined, flags.all].filter(Boolean).length;
      if (named !== 1) {
        const text = 'name either a cell, or a namespace (-n), or --all';
        throw new MatrixError('corda-compat down', [{ path: [], text }]);
      }
      const removed = await removeAll(context, { cell, ...flags });
      context.print(removed.length === 0 ? 'There is no such network.' : removed.map(line).join('\n'));
      finish(removed.some(({ state }) => state === 'failed') ? 1 : 0);
    });
}

async function removeAll(
  { env, signal }: CliContext,
  { cell, namespace, dryRun }: DownFlags & { readonly cell: string | undefined },
): Promise<readonly Removed[]> {
  const { clusterAt, clusterAddressOf } = await import('../harness/providers/kubernetes/cluster.ts');
  const { takeDown } = await import('../harness/byhand/take-down.ts');
  const cluster = await clusterAt(clusterAddressOf({ ...env }));
  const names = namespace === undefined ? await namesOf(cluster, cell) : [namespace];
  const removed: Removed[] = [];
  for (const name of names) removed.push(await takeDown(cluster, name, { dryRun, signal }));
  return removed;
}

async function namesOf(cluster: Cluster, cell: string | undefined): Promise<readonly string[]> {
  const { cellOf, namespacesByHand } = await import('../harness/byhand/take-down.ts');
  const all = await namespacesByHand(cluster);
  const ofCell = all.filter((each) => cell === undefined || cellOf(each) === cell);
  return ofCell.flatMap(({ metadata }) => metadata?.name ?? []);
}

function line({ namespace, state, detail }: Removed): string {
  return `${state.padEnd('would-remove'.length)}  namespace ${namespace}: ${detail}`;
}

/** `corda-compat test`: the suites, as vitest runs them, on a network that is there already. */
export function addTestCommand(program: Command, { context, finish }: CommandParts): void {
  const attached = new Option('--attach <namespace>', 'namespace of the network').argParser(parseNamespace);
  program
    .command('test')
    .description('run the suites on a network that config or up put into a cluster; the network stays')
    .addOption(attached.makeOptionMandatory())
    .argument('[vitest...]', 'arguments for vitest: suites, -t, --reporter and so on')
    .allowUnknownOption()
    .action(async (args: readonly string[], { attach }: { readonly attach: string }) => {
      finish(await runVitest(args, { ...context, env: { ...context.env, COMPAT_ATTACH: attach } }));
    });
}

/** Runs vitest as a user does, and returns its exit status. */
async function runVitest(args: readonly string[], { cwd, env, signal }: CliContext): Promise<number> {
  const end = await execa(process.execPath, [vitestOf(cwd), 'run', ...args], {
    cwd,
    env,
    extendEnv: false,
    stdio: 'inherit',
    reject: false,
    // A terminal sends a signal to the whole group, and a caller may send one to this process alone. Vitest takes
    // both for one.
    cancelSignal: signal,
    forceKillAfterDelay: false,
  });
  if (end.exitCode !== undefined) return end.exitCode;
  if (end.signal === undefined) throw new Error('vitest failed to start', { cause: end.cause });
  return 128 + constants.signals[end.signal];
}

/** The project's own vitest, for which its vitest.config.ts is written. */
function vitestOf(cwd: string): string {
  const from = (base: string): string => createRequire(base).resolve('vitest/package.json');
  try {
    return join(dirname(from(join(cwd, 'package.json'))), 'vitest.mjs');
  } catch {
    return join(dirname(from(import.meta.url)), 'vitest.mjs');
  }
}

/** `corda-compat health`: the health of the nodes of a network that up or config has put into a cluster. */
export function addHealthCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('health')
    .description('report the health of each node of a network in a cluster, and have each node notarise')
    .argument('[cell]', 'cell of the network')
    .addOption(namespaceOption('namespace of the network'))
    .option('--json', 'print the report as JSON', false)
    .action(async (cell: string | undefined, flags: { readonly namespace?: string; readonly json: boolean }) => {
      const health = await checked(context, cell, flags.namespace);
      context.print(flags.json ? JSON.stringify(health, undefined, 2) : healthWords(health));
      finish(health.problems.length === 0 ? 0 : 1);
    });
}

async function checked({ env, signal }: CliContext, cell: string | undefined, namespace: string | undefined) {
  // Loaded here: what speaks to clusters takes longer to load than other commands take to run.
  const { clusterAt, clusterAddressOf } = await import('../harness/providers/kubernetes/cluster.ts');
  const { healthByHand, namespaceOf } = await import('../harness/byhand/health.ts');
  if ((cell === undefined) === (namespace === undefined)) {
    const text = 'name either a cell, or a namespace (-n)';
    throw new MatrixError('corda-compat health', [{ path: [], text }]);
  }
  const cluster = await clusterAt(clusterAddressOf({ ...env }));
  return await healthByHand(cluster, namespace ?? (await namespaceOf(cluster, cell ?? '')), signal);
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30m`, `1h`, `2d` in milliseconds. @throws InvalidArgumentError for anything else */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+)(s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS[unit ?? ''];
  if (amount === undefined || factor === undefined)
    throw new InvalidArgumentError('Give a number with s, m, h or d, for example 90s or 1h.');
  return Number(amount) * factor;
}
