import type { Direction } from '../judge/run-report.ts';
import type { LeaseAccess } from '../lease/lease-client.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A worker's brief of its cell, and its way to the hub: `inject('compat')`. */
    compat: LeaseAccess;
  }

  interface TaskMeta {
    /** Release ids. Reports show them if the test's name does not, and in the table of a mixed cell. */
    direction?: Direction;
    /** Log lines of the nodes, shown beside a failure. */
    words?: readonly string[];
  }
}
