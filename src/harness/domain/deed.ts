import type { LeasedNode } from './lease.ts';
import type { StepFailure } from './outcome.ts';

/** What a suite may have done to a node of its network, which is meant to survive it. */
export const DEEDS = ['stop', 'kill', 'start', 'upgrade', 'go-back'] as const;

/**
 * `stop`: as an operator does, SIGTERM first; `kill`: SIGKILL at once (a cluster gives a second). `start`: as it was, and connected
 * to its driver. `upgrade`: a stopped node's folder is kept aside and it starts as the pair's right release, on its data, migrated
 * where that release wants it. `go-back`: a stopped node gets the folder that was kept aside and starts as what it was.
 */
export type Deed = (typeof DEEDS)[number];

/** What became of a deed. */
export type DeedAnswer =
  | {
      readonly ok: true;
      /** As it is from now on. */
      readonly node: LeasedNode;
      readonly tookMs: number;
    }
  | { readonly ok: false; readonly failure: StepFailure };
