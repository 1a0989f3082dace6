import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MetricSample } from '../judge/metrics.ts';
import type { Space, Provider } from '../providers/provider.ts';
import { attemptEach } from '../providers/space.ts';
import type { CellMetricsOrder } from './metrics.ts';
import { DOORMAN, DOORMAN_FOLDERS, DOORMAN_REQUESTS } from '../zone/doorman.ts';
import type { JvmChoice } from '../config/cell.ts';
import { loadedLine, type LogLine, tellingEntries } from '../corda/node-words.ts';
import type { NodeRole } from '../corda/topology.ts';

/** Files of a node's or service's folder that let a person judge a verdict; `logs/` comes with all that is in it. */
const FILES = ['console.log', 'node.conf'] as const;

export interface KeptOrder extends Omit<CellMetricsOrder, 'evidence'> {
  readonly provider: NodeReader;
  readonly space: Space;
  readonly folder: string;
}

/** The evidence of a network that was up. */
export interface KeptEvidence {
  /** Puts logs, configs and journal where the reports point. Called once, before the network's removal, which follows even if this fails. */
  collectEvidence(): Promise<void>;
  /** Figures of its trade, after its evidence is collected. */
  metrics?(): readonly MetricSample[];
}

/** Keeps a cell's evidence before its network is removed: files of its nodes, and figures. */
export function keptEvidence(order: KeptOrder): KeptEvidence {
  const { provider, space, folder } = order;
  let samples: readonly MetricSample[] = [];
  return {
    collectEvidence: async () => {
      const errors = await attemptEach([
        () => collectNodeEvidence(provider, space, folder),
        async () => {
          // Loaded here: no run needs it before its first cell is over.
          const { collectMetrics } = await import('./metrics.ts');
          samples = await collectMetrics({ ...order, evidence: folder });
        },
      ]);
      if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
    },
    metrics: () => samples,
  };
}

/**
 * Copies the logs and configuration of every node and service to `<folder>/<node>/`, as far as they are there. Attempts everything.
 * @throws AggregateError naming each file that could not be copied
 */
export async function collectNodeEvidence(provider: NodeReader, space: Space, folder: string): Promise<void> {
  const processes = [...space.places.keys(), ...space.services.keys()];
  const results = await Promise.allSettled([
    ...processes.map((node) => collect(provider, space, node, folder)),
    ...(space.services.has(DOORMAN) ? [collectStorage(provider, space, folder)] : []),
  ]);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
}

/** Files of the doorman: its requests, and the names of all others. Its keys are not copied. */
async function collectStorage(provider: NodeReader, space: Space, folder: string): Promise<void> {
  const lists = await Promise.all(
    DOORMAN_FOLDERS.map(async (below) =>
      (await provider.listFiles(space, DOORMAN, below)).map((name) => `${below}/${name}`),
    ),
  );
  const names = lists.flat();
  const into = join(folder, DOORMAN);
  await mkdir(join(into, DOORMAN_REQUESTS), { recursive: true });
  await writeFile(join(into, 'storage.txt'), names.map((name) => `${name}\n`).join(''));
  for (const name of names.filter((each) => each.startsWith(`${DOORMAN_REQUESTS}/`))) {
    const content = await provider.readFile(space, DOORMAN, name);
    if (content) await writeFile(join(into, name), content);
  }
}

async function collect(provider: NodeReader, space: Space, node: string, folder: string): Promise<void> {
  const logs = await provider.listFiles(space, node, 'logs');
  for (const name of [...FILES, ...logs.map((file) => `logs/${file}`)]) {
    const content = await provider.readFile(space, node, name);
    if (content === undefined) continue;
    const file = join(folder, node, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** The reading part of a provider: it changes nothing of nodes and services. */
export type NodeReader = Pick<Provider, 'logs' | 'listFiles' | 'readFile'>;

/** Of each node's log, what stays in memory. */
const KEPT_CHARACTERS = 1_000_000;

/** A node's log from a character on. */
interface KnownLog {
  readonly id: string;
  readonly from: number;
  readonly text: string;
}

/** The logs of a network's nodes. `fast` nodes write all to the console, `stock` ones into `logs/node-<host>.log`. */
export interface NodeLogs {
  /** By node, the line that names the CorDapps that it has loaded. */
  loaded(): Promise<ReadonlyMap<string, string>>;
  mark(): Promise<LogMark>;
  since(mark?: LogMark): Promise<readonly LogLine[]>;
}

export function nodeLogs(options: {
  readonly provider: NodeReader;
  readonly space: Space;
  readonly nodes: readonly NodeRole[];
  readonly jvm: JvmChoice;
}): NodeLogs {
  const { provider, space, nodes, jvm } = options;
  // Every operation sets a mark: only what is new is read, and suites look back to a late mark.
  const known = new Map<string, KnownLog>();
  const read = async (id: string): Promise<KnownLog> => {
    if (jvm !== 'fast') return { id, from: 0, text: await logFiles(provider, space, id) };
    const { from, text } = known.get(id) ?? { from: 0, text: '' };
    const all = text + (await provider.logs(space, id, from + text.length));
    const forgotten = Math.max(0, all.length - KEPT_CHARACTERS);
    const log = { id, from: from + forgotten, text: all.slice(forgotten) };
    known.set(id, log);
    return log;
  };
  let reading: Promise<unknown> = Promise.resolve();
  /** One reader after the other, or two would append the same lines. */
  const all = async () => {
    const next = reading.then(() => Promise.all(nodes.map(({ id }) => read(id))));
    reading = next.catch(() => undefined);
    return await next;
  };
  return {
    loaded: async () =>
      new Map(
        (await all()).flatMap(({ id, text }) => {
          const line = loadedLine(text);
          return line === undefined ? [] : [[id, line] as const];
        }),
      ),
    mark: async () =>
      JSON.stringify(Object.fromEntries((await all()).map(({ id, from, text }) => [id, from + text.length]))),
    since: async (mark) => {
      const marked = mark === undefined ? {} : (JSON.parse(mark) as Record<string, number>);
      const looks = (await all()).map(async ({ id, from, text }) => {
        const place = marked[id] ?? 0;
        return tellingEntries(id, place < from ? await provider.logs(space, id, place) : text.slice(place - from));
      });
      return (await Promise.all(looks)).flat();
    },
  };
}

async function logFiles(provider: NodeReader, space: Space, node: string): Promise<string> {
  const names = (await provider.listFiles(space, node, 'logs')).filter((name) => /^node-.*\.log$/.test(name));
  const texts = await Promise.all(names.map((name) => provider.readFile(space, node, `logs/${name}`)));
  return texts.map((text) => text?.toString('utf8') ?? '').join('');
}

/** A place in the nodes' logs, opaque to all but the provisioner that gave it. */
export type LogMark = string;
