import type { NodeLaunch } from '../providers/provider.ts';
import { describeExit, startNode, type NodeStartOptions } from './node-start.ts';
import { untilEnded } from './run-to-end.ts';

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
  const exit = await untilEnded(start, { what: 'registration', limit, signal });
  if (!exit) throw start.failed('zone', `had not registered within ${limit / 1000} s`);
  if (exit.code !== 0) throw start.failed('zone', `could not register with the doorman (${describeExit(exit)})`);
  const file = (await provider.listFiles(space, role.id, '.')).find((name) => name.startsWith('nodeInfo-'));
  const info = file === undefined ? undefined : await provider.readFile(space, role.id, file);
  if (!info) throw start.failed('zone', 'ended its registration well, but has written no node info');
  say(`${subject} is registered after ${(start.tookMs() / 1000).toFixed(1)} s`);
  return info;
}
