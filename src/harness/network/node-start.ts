import { join } from 'node:path';
import type { Cell, NodeRole } from '../domain/cell.ts';
import type { Step } from '../domain/outcome.ts';
import type { StepError } from '../domain/step-error.ts';
import type { NodeExit, NodeLaunch, Provider, RunningNode, Space } from '../providers/provider.ts';
import { waitUntil, type Seen } from '../support/wait-until.ts';
import { startError } from './start-words.ts';
import { lastLine } from '../support/words.ts';

export interface NodeStartOptions {
  readonly cell: Cell;
  readonly provider: Provider;
  readonly space: Space;
  /** Folder that keeps a node's console when its space is gone, as `<evidence>/<node>/console.log`; messages name it. */
  readonly evidence?: string;
}

/** One run of a node's program: what it says, apart from what an earlier run of it said, and how it ends. */
export interface NodeStart {
  readonly role: NodeRole;
  readonly running: RunningNode;
  /** `party-b (4.10)` */
  readonly subject: string;
  /** Milliseconds since it was started. */
  tookMs(): number;
  /** Reads on. @returns all that this run has said so far */
  read(): Promise<string>;
  /** `undefined` while it runs. */
  exit(): NodeExit | undefined;
  /** Ends its log with what its threads do. @returns whether it did */
  tellThreads(): Promise<boolean>;
  /** The cell's end, in the node's own words. */
  failed(step: Step, happened: string): StepError;
}

export async function startNode(options: NodeStartOptions, launch: NodeLaunch): Promise<NodeStart> {
  const { cell, provider, space, evidence } = options;
  const role = roleOf(cell, launch.node);
  const before = (await provider.logs(space, role.id)).length;
  const began = performance.now();
  const running = await provider.startNode(space, launch);
  let said = '';
  let exit: NodeExit | undefined;
  void running.exited.then((ended) => (exit = ended));
  const subject = `${role.id} (${role.release})`;
  const folder = evidence === undefined ? (space.places.get(role.id)?.stage ?? '') : join(evidence, role.id);
  const log = join(folder, 'console.log');
  const unread = (): Promise<string> => provider.logs(space, role.id, before + said.length);
  return {
    role,
    running,
    subject,
    tookMs: () => performance.now() - began,
    read: async () => (said += await unread()),
    exit: () => exit,
    tellThreads: () => tellThreads(running, subject, unread),
    failed: (step, happened) => startError({ step, subject, happened, pair: cell.name, said, log }),
  };
}

/** The last lines of a JVM's answer to SIGQUIT. */
const THREADS_TOLD = /^JNI global ref/m;
const THREADS_LIMIT_MS = 5000;

async function tellThreads(running: RunningNode, subject: string, unread: () => Promise<string>): Promise<boolean> {
  if (!running.tellThreads) return false;
  try {
    await running.tellThreads();
    const told = async (): Promise<Seen<boolean>> =>
      THREADS_TOLD.test(await unread()) ? { done: true, value: true } : { done: false, last: 'not told' };
    return await waitUntil(told, { name: `threads of ${subject}`, limit: THREADS_LIMIT_MS });
  } catch {
    // What is wrong with it is told already: this would only have said more.
    return false;
  }
}

/** For the message of a wait: the last line of a console. */
export function lastOnConsole(said: string): string {
  return lastLine(said) || 'nothing on its console';
}

export function describeExit({ code, signal, why }: NodeExit): string {
  const how = signal ? `killed by ${signal}` : code === null ? 'nobody saw how' : `status ${code}`;
  return why === undefined ? how : `${how}: ${why}`;
}

function roleOf(cell: Cell, id: string): NodeRole {
  const role = cell.topology.nodes.find((node) => node.id === id);
  if (!role) throw new Error(`This is a bug in the harness: the cell ${cell.name} has no node ${id}.`);
  return role;
}
