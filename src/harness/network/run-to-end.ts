import type { NodeExit } from '../providers/provider.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait-until.ts';
import { lastOnConsole, type NodeStart } from './node-start.ts';

/** What a program does, as a sentence's subject (`registration`), and for how many milliseconds at most. */
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
