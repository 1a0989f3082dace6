import type { NodeLaunch } from '../providers/provider.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait-until.ts';
import { describeExit, lastLine, startNode, type NodeStartOptions } from './node-start.ts';

export interface Registration extends NodeStartOptions {
  /** The node's program with the arguments of `registrationArgs`; it knows its trust store and the doorman's address. */
  readonly launch: NodeLaunch;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/**
 * Lets a node register with the doorman that its configuration names, until its program ends by itself.
 * @returns the signed node info that it has written
 * @throws StepError blocked or incompatible (zone), in the node's own words
 */
export async function register(input: Registration): Promise<Buffer> {
  const { cell, provider, space, launch, signal, say } = input;
  const limit = cell.limits.start;
  const start = await startNode(input, launch);
  const { subject, role } = start;
  const probe = async (): Promise<Seen<void>> => {
    const ended = start.exit();
    const said = await start.read();
    if (!ended) return { done: false, last: lastLine(said) };
    if (ended.code === 0) return { done: true, value: undefined };
    throw start.failed('zone', `could not register with the doorman (${describeExit(ended)})`);
  };
  try {
    await waitUntil(probe, { name: `registration of ${subject}`, limit, every: 100, signal });
  } catch (error) {
    if (error instanceof WaitTimeout) throw start.failed('zone', `had not registered within ${limit / 1000} s`);
    throw error;
  }
  const file = (await provider.listFiles(space, role.id, '.')).find((name) => name.startsWith('nodeInfo-'));
  const info = file === undefined ? undefined : await provider.readFile(space, role.id, file);
  if (!info) throw start.failed('zone', 'ended its registration well, but has written no node info');
  say(`${subject} is registered after ${(start.tookMs() / 1000).toFixed(1)} s`);
  return info;
}
