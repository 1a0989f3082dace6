import { AsyncLocalStorage } from 'node:async_hooks';

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

/** A wait begins. @returns it, to be told what was seen, and how it is ended */
export function beginWait(name: string, limit: number): { readonly wait: OpenWait; readonly end: () => void } {
  const wait: OpenWait = { name, limit };
  const waits = current.getStore();
  waits?.open.add(wait);
  waits?.names.add(name);
  return { wait, end: () => void waits?.open.delete(wait) };
}
