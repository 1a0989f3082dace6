import { join } from 'node:path';
import type { Cell, NodeRole } from '../domain/cell.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait-until.ts';
import type { NodeExit, NodeLaunch, Provider, RunningNode, Space } from '../providers/provider.ts';
import { isHopeless, startError } from './start-words.ts';

/** Printed by every release, 3.1 to 4.14, once RPC and P2P answer (NodeStartup.kt). */
const STARTED = /started up and registered in/;

export interface BringUp {
  readonly cell: Cell;
  readonly provider: Provider;
  readonly space: Space;
  readonly launches: readonly NodeLaunch[];
  /** Folder that keeps a node's console when its space is gone, as `<evidence>/<node>/console.log`; messages name it. */
  readonly evidence?: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Told of each node that is up, while others may still be starting. */
  readonly onUp?: (node: NodeRole) => void;
}

/**
 * Starts all nodes side by side and waits until each says that it is up. The first that fails ends the wait for all.
 * @throws StepError incompatible or blocked, in the failing node's own words
 */
export async function bringUp(input: BringUp): Promise<ReadonlyMap<string, RunningNode>> {
  const { cell, provider, space, launches, signal } = input;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const running = await Promise.all(launches.map((launch) => provider.startNode(space, launch)));
  try {
    await Promise.all(
      running.map(async (node) => {
        const role = roleOf(cell, node.node);
        await waitStarted({ ...input, signal: either }, node, role);
        input.onUp?.(role);
      }),
    );
  } catch (error) {
    stop.abort();
    throw error;
  }
  return new Map(running.map((node) => [node.node, node]));
}

async function waitStarted(input: BringUp, running: RunningNode, role: NodeRole): Promise<void> {
  const { cell, provider, space, evidence, signal, say } = input;
  const subject = `${role.id} (${cell.pair[role.side].id})`;
  const began = performance.now();
  let said = '';
  let exit: NodeExit | undefined;
  void running.exited.then((ended) => (exit = ended));
  const log = join(
    evidence === undefined ? (space.places.get(role.id)?.stage ?? '') : join(evidence, role.id),
    'console.log',
  );
  const failed = (happened: string) => startError({ subject, happened, pair: cell.name, said, log });

  const probe = async (): Promise<Seen<void>> => {
    const ended = exit;
    said += await provider.logs(space, role.id, said.length);
    if (STARTED.test(said)) return { done: true, value: undefined };
    if (isHopeless(said)) throw failed('cannot start');
    if (ended) throw failed(`ended while starting (${describeExit(ended)})`);
    return { done: false, last: said.trimEnd().split('\n').at(-1) ?? 'nothing on its console' };
  };
  try {
    await waitUntil(probe, { name: `start of ${subject}`, limit: cell.limits.start, every: 50, signal });
  } catch (error) {
    if (error instanceof WaitTimeout) throw failed(`was not up within ${cell.limits.start / 1000} s`);
    throw error;
  }
  say(`${subject} is up after ${((performance.now() - began) / 1000).toFixed(1)} s`);
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
