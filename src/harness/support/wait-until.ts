import { setTimeout as sleep } from 'node:timers/promises';
import { beginWait } from './waits.ts';

/** What a probe saw: done with a value, or not yet, with words for the message a time-out will carry. */
export type Seen<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly last: string };

export interface WaitOptions {
  /** What is waited for, as a sentence's subject: `RPC of party-a (4.10)`. */
  readonly name: string;
  /** Milliseconds. */
  readonly limit: number;
  /** Milliseconds between probes. */
  readonly every?: number;
  readonly signal?: AbortSignal;
}

/** Thrown when a wait's limit is reached; names the wait, the limit and what was last seen. */
export class WaitTimeout extends Error {
  readonly last: string;

  constructor(name: string, limit: number, last: string) {
    super(`${name}: not within ${limit / 1000} s; last seen: ${last}`);
    this.name = 'WaitTimeout';
    this.last = last;
  }
}

/**
 * Probes until it is done. A probe that throws ends the wait at once with its error.
 * @throws WaitTimeout at the limit; the signal's reason when aborted
 */
export async function waitUntil<T>(probe: () => Promise<Seen<T>> | Seen<T>, options: WaitOptions): Promise<T> {
  const { name, limit, every = 50, signal } = options;
  const end = performance.now() + limit;
  const { wait, end: endWait } = beginWait(name, limit);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const seen = await probe();
      if (seen.done) return seen.value;
      wait.last = seen.last;
      if (performance.now() >= end) throw new WaitTimeout(name, limit, seen.last);
      await sleep(every, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
    }
  } finally {
    endWait();
  }
}
