import type { Direction } from '../judge/run-report.ts';
import type { LeaseAccess } from '../lease/lease-client.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What a worker knows of its cell and how it reaches the hub: `inject('compat')`. */
    compat: LeaseAccess;
  }

  interface TaskMeta {
    /** Release ids; shown where the test's name does not say it, and in the table of a mixed cell. */
    direction?: Direction;
    /** The nodes' own words, shown beside a failure. */
    words?: readonly string[];
  }
}
