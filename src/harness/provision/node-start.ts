import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { type Cell, LEAST_STARTS_AT_ONCE } from '../config/cell.ts';
import { bug, type Step, type StepError } from '../support/step-error.ts';
import type { NodeExit, NodeLaunch, Provider, RunningNode, Space } from '../providers/provider.ts';
import { waitUntil, type Seen, WaitTimeout } from '../support/wait.ts';
import { startError } from '../corda/node-words.ts';
import { lastLine } from '../support/words.ts';
import type { NodeRole } from '../corda/topology.ts';

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
  const folder = evidence === undefined ? (space.places.get(role.id)?.stagingFolder ?? '') : join(evidence, role.id);
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
    // The failure is reported already: this would only add detail.
    return false;
  }
}

/** For the message of a wait: the last line of a console. */
export function lastOnConsole(said: string): string {
  return lastLine(said) || 'nothing on its console';
}

export function describeExit({ code, signal, why }: NodeExit): string {
  const how = signal ? `killed by ${signal}` : code === null ? 'no exit status seen' : `status ${code}`;
  return why === undefined ? how : `${how}: ${why}`;
}

function roleOf(cell: Cell, id: string): NodeRole {
  return cell.topology.nodes.find((node) => node.id === id) ?? bug(`the cell ${cell.name} has no node ${id}`);
}

/** A program's work as a sentence's subject (`registration`), and its limit in milliseconds. */
export interface RunToEnd {
  readonly what: string;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Waits until a node's program has ended by itself. @returns how it did; `undefined` where it still runs at the limit */
export async function untilEnded(start: NodeStart, { what, ...wait }: RunToEnd): Promise<NodeExit | undefined> {
  const probe = async (): Promise<Seen<NodeExit>> => {
    // Asked first: what is read after its end is all that it said.
    const exit = start.exit();
    const said = await start.read();
    return exit ? { done: true, value: exit } : { done: false, last: lastOnConsole(said) };
  };
  try {
    return await waitUntil(probe, { name: `${what} of ${start.subject}`, every: 100, ...wait });
  } catch (error) {
    if (error instanceof WaitTimeout) return undefined;
    throw error;
  }
}

/**
 * Java processes that start at a time on this machine. A start is 10 to 20 s of a processor's work, so more at once only make
 * each slower, until none of eleven is up within its limit.
 */
export function jvmsAtOnce(processors: number = availableParallelism()): number {
  return Math.max(LEAST_STARTS_AT_ONCE, 2 * processors);
}

/** Nodes that start at a time. A cluster has processors of its own and places Pods by what is free. */
export function startsAtOnce({ provider }: Pick<Cell, 'provider'>): number {
  return provider === 'kubernetes' ? Infinity : jvmsAtOnce();
}
