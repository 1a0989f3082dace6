import { waitUntil, WaitTimeout } from '../support/wait.ts';
import { freeBeside } from '../plan/memory.ts';
import { blocked } from '../support/step-error.ts';

export interface MemoryGateOptions {
  /** Megabytes that this machine can give to new processes now. */
  readonly freeMb: () => number;
  /** Milliseconds that a cell waits for memory while others hold it. */
  readonly limit: number;
}

/** Lets a network come up beside another one only where both fit. */
export interface MemoryGate {
  /**
   * Resolves when the cell may come up. The only network of a run is never held back: whether this machine can hold one
   * network at all is the provider's to say.
   * @throws StepError blocked at the limit; the signal's reason when aborted
   */
  enter(cell: string, needMb: number, signal: AbortSignal): Promise<void>;
  /** The network is up: from now on free memory shows what it takes. */
  settled(cell: string): void;
  /** The network is gone. */
  leave(cell: string): void;
}

export function createMemoryGate({ freeMb, limit }: MemoryGateOptions): MemoryGate {
  /** Megabytes promised to each cell inside: 0 once its network is up. */
  const inside = new Map<string, number>();

  return {
    async enter(cell, needMb, signal) {
      const probe = (): { done: true; value: undefined } | { done: false; last: string } => {
        const free = freeBeside(freeMb(), inside.values());
        if (inside.size === 0 || free >= needMb) {
          inside.set(cell, needMb);
          return { done: true, value: undefined };
        }
        return { done: false, last: `${free} MB free beside ${[...inside.keys()].join(', ')}` };
      };
      try {
        await waitUntil(probe, { name: `${needMb} MB of memory for ${cell}`, limit, every: 200, signal });
      } catch (error) {
        if (!(error instanceof WaitTimeout)) throw error;
        throw blocked('space', `${error.message}. Run fewer cells at once: lower COMPAT_PARALLEL.`, { cause: error });
      }
    },
    settled: (cell) => {
      if (inside.has(cell)) inside.set(cell, 0);
    },
    leave: (cell) => void inside.delete(cell),
  };
}
