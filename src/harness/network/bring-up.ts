import type { NodeRole } from '../domain/cell.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait-until.ts';
import type { NodeLaunch, RunningNode } from '../providers/provider.ts';
import { describeExit, lastOnConsole, startNode, type NodeStart, type NodeStartOptions } from './node-start.ts';
import { isHopeless } from './start-words.ts';
import { startsAtOnce } from './starts-at-once.ts';

/** Printed by every release, 3.1 to 4.14, once RPC and P2P answer (NodeStartup.kt). */
export const STARTED = /started up and registered in/;

export interface BringUp extends NodeStartOptions {
  readonly launches: readonly NodeLaunch[];
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Told of each node that is up, while others may still be starting. */
  readonly onUp?: (node: NodeRole) => void;
}

/**
 * Starts all nodes, a few at a time, and waits until each says that it is up. The first that fails ends the wait for all.
 * @throws StepError incompatible or blocked, in the failing node's own words
 */
export async function bringUp(input: BringUp): Promise<ReadonlyMap<string, RunningNode>> {
  const { launches, cell, signal } = input;
  const starts = await sideBySide(launches, { atOnce: startsAtOnce(cell), signal }, async (launch, either) => {
    const start = await startNode(input, launch);
    await waitStarted({ ...input, signal: either }, start);
    input.onUp?.(start.role);
    return start;
  });
  return new Map(starts.map(({ role, running }) => [role.id, running]));
}

async function waitStarted({ cell, signal, say }: BringUp, start: NodeStart): Promise<void> {
  const { subject } = start;
  const { limits } = cell;
  const probe = async (): Promise<Seen<void>> => {
    const ended = start.exit();
    const said = await start.read();
    if (STARTED.test(said)) return { done: true, value: undefined };
    if (isHopeless(said)) throw start.failed('start', 'cannot start');
    if (ended) throw start.failed('start', `ended while starting (${describeExit(ended)})`);
    return { done: false, last: lastOnConsole(said) };
  };
  try {
    await waitUntil(probe, { name: `start of ${subject}`, limit: limits.start, every: 50, signal });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const told = (await start.tellThreads()) ? ', and ended its log with what its threads do' : '';
    throw start.failed('start', `was not up within ${limits.start / 1000} s${told}`);
  }
  say(`${subject} is up after ${(start.tookMs() / 1000).toFixed(1)} s`);
}
