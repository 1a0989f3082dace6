import { Gauge, Histogram, type Registry } from 'prom-client';
import type { HealthView, JvmView, LoadedCordappsView } from '../lease/driver-api.ts';
import type { CarriedCordapp, LeasedNode } from '../lease/lease.ts';
import { seconds } from '../support/words.ts';
import type { Notarisation } from '../trade/operation.ts';

/** The health of a node, as it tells it. */
export interface SeenNode {
  readonly id: string;
  readonly release: string;
  readonly view: HealthView;
}

/** How far a clock may be from the others': more than any time service leaves, less than what Corda's time windows forgive. */
const CLOCK_LIMIT_MS = 5_000;
/** Share of the heap in use after a collection. Above it, a JVM spends most of its time on garbage collection. */
const HEAP_LIMIT = 0.9;

const MB = 1024 ** 2;

/** Sentences, one for each clock that differs from most others. */
export function clockProblems(nodes: readonly SeenNode[]): readonly string[] {
  const sorted = nodes.map(({ view }) => view.clockOffsetMs).sort((a, b) => a - b);
  const usual = sorted[(sorted.length - 1) >> 1] ?? 0;
  return nodes.flatMap((node) => {
    const off = node.view.clockOffsetMs - usual;
    if (Math.abs(off) <= CLOCK_LIMIT_MS) return [];
    const way = off > 0 ? 'ahead of' : 'behind';
    const limit = `(limit ${CLOCK_LIMIT_MS / 1000} s)`;
    return [`${nodeWords(node)}: its clock is ${measured(Math.abs(off))} ${way} the other nodes’ ${limit}`];
  });
}

/** Rounded to the precision of the measurement. */
function measured(ms: number): string {
  return seconds(ms, ms < 60_000 ? 1 : 0);
}

/** Sentences, one for each node that has little memory left. Those whose JVM cannot be asked have none. */
export function heapProblems(nodes: readonly SeenNode[]): readonly string[] {
  return nodes.flatMap((node) => {
    const { heapLiveBytes: live = 0, heapMaxBytes: max = 0 } = node.view.jvm ?? {};
    if (live <= HEAP_LIMIT * max) return [];
    const words = `${Math.round(live / MB)} of ${Math.round(max / MB)} MB of its heap are in use after a collection`;
    return [`${nodeWords(node)}: ${words} (limit ${HEAP_LIMIT * 100} %): give its release more memory in jvmArgs`];
  });
}

/** Sentences, one for each node of a quiet network that uses a database connection or waits for one. */
export function poolProblems(nodes: readonly SeenNode[]): readonly string[] {
  return nodes.flatMap((node) => {
    const { active = 0, waiting = 0, total = 0 } = node.view.jvm?.pool ?? {};
    if (active === 0 && waiting === 0) return [];
    const queue = waiting === 0 ? '' : `, and ${waiting} wait for one`;
    return [`${nodeWords(node)}: ${active} of ${total} database connections are in use${queue}`];
  });
}

/** Sentences, one for each node with a thread that waits for a database connection while none is free. */
export function queueProblems(nodes: readonly SeenNode[]): readonly string[] {
  return nodes.flatMap((node) => {
    const { active = 0, waiting = 0, total = 0 } = node.view.jvm?.pool ?? {};
    if (waiting === 0) return [];
    return [`${nodeWords(node)}: ${waiting} threads wait for a database connection; ${active} of ${total} are in use`];
  });
}

/**
 * Sentences, one for each CorDapp that a node was given and has not loaded.
 * @param loaded by RPC; undefined where the release has no such call
 */
export function notLoaded(
  node: Pick<LeasedNode, 'id' | 'release' | 'cordapps' | 'loadedLine'>,
  loaded: LoadedCordappsView['cordapps'],
): readonly string[] {
  const { cordapps = [], loadedLine: line } = node;
  if (!loaded && line === undefined)
    return [`${nodeWords(node)}: neither its RPC nor its log tells which CorDapps it has loaded`];
  const isLoaded = ({ name, sha256, inLog = name }: CarriedCordapp): boolean =>
    loaded ? loaded.some((each) => each.sha256 === sha256) : isNamed(inLog, line);
  const seen = loaded ? loaded.map(({ name }) => name).join(', ') : (line ?? '');
  return cordapps
    .filter((cordapp) => !isLoaded(cordapp))
    .map(({ name }) => `${nodeWords(node)} has not loaded ${name} (seen: ${seen})`);
}

/** 3.x names files, 4.x says more of each after its name. */
function isNamed(name: string, line = ''): boolean {
  return name.endsWith(' ') ? line.includes(name) : line.split(', ').includes(name);
}

/** `4.10 (party-b)` */
export function nodeWords({ id, release }: Pick<SeenNode, 'id' | 'release'>): string {
  return `${release} (${id})`;
}

/** Health records of a cell's nodes. */
export interface HealthRecords {
  readonly nodes: readonly SeenNode[];
  readonly notarisations: readonly Notarisation[];
}

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Adds health figures to the figures of the cell. Figures that a release does not have are left out. */
export function addHealth(registry: Registry, { nodes, notarisations }: HealthRecords): void {
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: readonly Label[]) =>
    new Gauge({ name: `corda_compat_${name}`, help, labelNames: ['node', 'release', ...labelNames], registers });
  const answer = gauge('rpc_answer_seconds', 'Time of an RPC call.');
  const clock = gauge('clock_offset_seconds', 'Clock of a node minus the clock of its driver.');
  const heap = gauge('heap_bytes', 'Heap of a node: used, live (after collections), max.', 'state');
  const collections = gauge('gc_seconds', 'Time that a node spent in garbage collections since it started.');
  const pool = gauge('pool_connections', 'Database connections of a node: active, waiting, total, max.', 'state');
  for (const { id: node, release, view } of nodes) {
    const labels = { node, release };
    answer.set(labels, view.answeredMs / 1000);
    clock.set(labels, view.clockOffsetMs / 1000);
    if (!view.jvm) continue;
    for (const [state, bytes] of heapOf(view.jvm)) heap.set({ ...labels, state }, bytes);
    collections.set(labels, view.jvm.collectionsMs / 1000);
    for (const [state, count] of Object.entries(view.jvm.pool ?? {})) pool.set({ ...labels, state }, Number(count));
  }

  const notarised = new Histogram({
    name: 'corda_compat_notarisation_seconds',
    help: 'Time that a notary took for a state of no value.',
    labelNames: ['from', 'notary', 'from_release', 'notary_release'],
    buckets: SECONDS,
    registers,
  });
  for (const { from, notary, fromRelease, notaryRelease, tookMs } of notarisations) {
    notarised.observe({ from, notary, from_release: fromRelease, notary_release: notaryRelease }, tookMs / 1000);
  }
}

function heapOf({ heapUsedBytes, heapLiveBytes, heapMaxBytes }: JvmView): readonly (readonly [string, number])[] {
  return [
    ['used', heapUsedBytes],
    ['live', heapLiveBytes],
    ['max', heapMaxBytes],
  ];
}
