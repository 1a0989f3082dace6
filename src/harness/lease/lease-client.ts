import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { NodeAction, NodeActionAnswer, CellBrief, LeaseAnswer, TradeProgress } from './lease.ts';
import type { LogLine } from '../corda/node-words.ts';
import { marked, throwMarked } from '../support/about.ts';

/** The value that vitest's `provide` gives to every worker of a cell under the key `compat`. */
export interface LeaseAccess {
  readonly brief: CellBrief;
  /** Path of the hub's Unix socket. */
  readonly socket: string;
}

/** A file's turn to use its cell's network. */
export interface Turn {
  /** Lets the cell's next file go on. A worker that dies ends its turn as well. */
  end(): void;
}

/**
 * Asks the hub for the cell's network; answers when it is up or when it is certain that it will not come up. The hub keeps
 * the limits.
 * @throws Error where the hub is gone
 */
export async function takeLease({ brief, socket }: LeaseAccess): Promise<LeaseAnswer> {
  return JSON.parse(await ask(socket, '/lease', { cell: brief.name })) as LeaseAnswer;
}

/** Has something done to a node of the cell's network; answers when it is done, or when it is certain that it cannot be. */
export async function askNodeAction(
  { brief, socket }: LeaseAccess,
  { node, action }: { readonly node: string; readonly action: NodeAction },
): Promise<NodeActionAnswer> {
  return JSON.parse(await ask(socket, '/action', { cell: brief.name, node, action })) as NodeActionAnswer;
}

/** Blocks the cell, since this machine is to blame: the cell ends as `blocked`, whatever its tests say. */
export async function blockCell({ brief, socket }: LeaseAccess, why: string): Promise<void> {
  await ask(socket, '/block', { cell: brief.name, why });
}

/** Prints a line in the run's progress. */
export async function say({ brief, socket }: LeaseAccess, text: string): Promise<void> {
  await ask(socket, '/say', { cell: brief.name, text });
}

/** Tells how far the operations of the suite are that runs now. */
export async function tellTrade({ brief, socket }: LeaseAccess, progress: TradeProgress): Promise<void> {
  await ask(socket, '/traded', { cell: brief.name, progress });
}

/** Waits until no other file of this cell uses the network: files come one after the other however many workers there are. */
export async function takeTurn({ brief, socket }: LeaseAccess): Promise<Turn> {
  const response = await send(socket, '/turn', { cell: brief.name });
  response.resume();
  // The turn ends with the connection; that the main process left first is not this file's failure.
  response.on('error', () => undefined);
  return { end: () => void response.destroy() };
}

/** The end of the nodes' logs as they are now, for `nodesWords`; undefined where no network is up. */
export async function markLogs({ brief, socket }: LeaseAccess): Promise<string | undefined> {
  const { mark } = JSON.parse(await ask(socket, '/mark', { cell: brief.name })) as { mark?: string };
  return mark;
}

/** Log lines of the nodes (or one of them) at WARN or above since a mark, or since their start. */
export async function nodesWords(
  { brief, socket }: LeaseAccess,
  { since, node }: { readonly since?: string | undefined; readonly node?: string | undefined } = {},
): Promise<readonly LogLine[]> {
  return JSON.parse(await ask(socket, '/logs', { cell: brief.name, since, node })) as LogLine[];
}

function ask(socket: string, path: string, body: object): Promise<string> {
  return answered(socket, path, body).catch(throwMarked({ about: 'harness' }));
}

async function answered(socket: string, path: string, body: object): Promise<string> {
  const response = await send(socket, path, body);
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  if (response.statusCode === 200) return text;
  const refused = new Error(`the hub refused POST ${path}: ${response.statusCode} ${text}`);
  throw marked(refused, { about: 'harness', isBug: true });
}

/** No time-out of its own: a lease waits as long as provisioning takes, and a hub that died closes the socket. */
async function send(socket: string, path: string, body: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: socket, method: 'POST', path, agent: false }, resolve);
    outgoing.on('error', (cause) => {
      const failed = new Error(`the hub at ${socket} does not answer POST ${path}`, { cause });
      reject(marked(failed, { about: 'harness' }));
    });
    outgoing.end(JSON.stringify(body));
  });
}
