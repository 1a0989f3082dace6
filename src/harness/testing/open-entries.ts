import type { Creation, Ledger } from '../cleanup/ledger.ts';

/** A ledger in memory that says what is still to be undone. */
export class OpenEntries implements Ledger {
  readonly open = new Map<string, Creation>();
  readonly processes: number[] = [];
  /** Called after each entry: lets a test act in the middle of a creation. */
  afterRecord: (() => void) | undefined;
  #next = 1;

  record(creation: Creation): Promise<string> {
    const id = String(this.#next++);
    this.open.set(id, creation);
    this.afterRecord?.();
    return Promise.resolve(id);
  }

  addProcess(_entry: string, pid: number): Promise<void> {
    this.processes.push(pid);
    return Promise.resolve();
  }

  undone(entry: string): Promise<void> {
    this.open.delete(entry);
    return Promise.resolve();
  }
}
