import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncLocalStorage } from 'node:async_hooks';

/** The result of a probe: done with a value, or not yet with the text that a time-out shows. */
export type Seen<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly last: string };

export interface WaitOptions {
  /** The subject of the wait: `RPC of party-a (4.10)`. */
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

/** The name of the work, and its limit. */
export interface LimitOptions {
  /** A sentence's subject: `removal of /tmp/…`. */
  readonly name: string;
  /** Milliseconds. */
  readonly limit: number;
}

/**
 * Waits for a promise no longer than the limit. What the promise stands for goes on; only the waiting ends.
 * @throws Error naming what was waited for
 */
export async function withLimit<T>(promise: Promise<T>, { name, limit }: LimitOptions): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: not done within ${limit / 1000} s`)), limit);
  });
  // A failure after the limit has no reader any more.
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** The work's value, or the signal's reason as soon as it is aborted; the work itself is not stopped by this. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

/** A named wait that goes on: what is waited for, for how many milliseconds at most, and what was seen of it last. */
export interface OpenWait {
  readonly name: string;
  readonly limit: number;
  last?: string;
}

/** The waits of one piece of work: those that go on now, and the names of all. */
export interface Waits {
  /** In the order in which they began. */
  readonly open: ReadonlySet<OpenWait>;
  readonly names: ReadonlySet<string>;
}

interface Kept extends Waits {
  readonly open: Set<OpenWait>;
  readonly names: Set<string>;
}

const current = new AsyncLocalStorage<Kept>();

/** Runs work and keeps its waits: a wait belongs to the work that it was begun in, however deep below. */
export function keepWaits<T>(work: () => Promise<T>): { readonly waits: Waits; readonly done: Promise<T> } {
  const waits: Kept = { open: new Set(), names: new Set() };
  return { waits, done: current.run(waits, work) };
}

/** Begins a wait. @returns the wait, which takes the last value seen, and the function that ends it */
function beginWait(name: string, limit: number): { readonly wait: OpenWait; readonly end: () => void } {
  const wait: OpenWait = { name, limit };
  const waits = current.getStore();
  waits?.open.add(wait);
  waits?.names.add(name);
  return { wait, end: () => void waits?.open.delete(wait) };
}

/** A promise that is resolved from outside. (Promise.withResolvers is not in Node 20.) */
export function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
