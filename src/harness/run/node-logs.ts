import type { JvmChoice, NodeRole } from '../domain/cell.ts';
import type { LogLine } from '../domain/lease.ts';
import { tellingEntries } from '../network/log-lines.ts';
import type { Provider, Space } from '../providers/provider.ts';
import type { LogMark } from './provisioner.ts';

/** What looks into nodes and services and changes nothing. */
export type NodeReader = Pick<Provider, 'logs' | 'listFiles' | 'readFile'>;

/** The logs of a network's nodes. `fast` nodes write all to the console, `stock` ones into `logs/node-<host>.log`. */
export interface NodeLogs {
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
  // Every operation sets a mark: only what is new is read.
  const known = new Map<string, string>();
  const read = async (node: string): Promise<string> => {
    const before = known.get(node) ?? '';
    const text =
      jvm === 'fast'
        ? before + (await provider.logs(space, node, before.length))
        : await logFiles(provider, space, node);
    known.set(node, text);
    return text;
  };
  let reading: Promise<unknown> = Promise.resolve();
  /** One reader after the other, or two would append the same lines. */
  const all = async () => {
    const next = reading.then(() => Promise.all(nodes.map(async ({ id }) => ({ id, text: await read(id) }))));
    reading = next.catch(() => undefined);
    return await next;
  };
  return {
    mark: async () => JSON.stringify(Object.fromEntries((await all()).map(({ id, text }) => [id, text.length]))),
    since: async (mark) => {
      const from = mark === undefined ? {} : (JSON.parse(mark) as Record<string, number>);
      return (await all()).flatMap(({ id, text }) => tellingEntries(id, text.slice(from[id] ?? 0)));
    },
  };
}

async function logFiles(provider: NodeReader, space: Space, node: string): Promise<string> {
  const names = (await provider.listFiles(space, node, 'logs')).filter((name) => /^node-.*\.log$/.test(name));
  const texts = await Promise.all(names.map((name) => provider.readFile(space, node, `logs/${name}`)));
  return texts.map((text) => text?.toString('utf8') ?? '').join('');
}
