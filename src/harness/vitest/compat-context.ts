import type { LeaseAccess } from '../run/lease-client.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What a worker knows of its cell and how it reaches the hub: `inject('compat')`. */
    compat: LeaseAccess;
  }
}

declare module '@vitest/runner' {
  interface TaskMeta {
    /** For example `4.8 -> 4.10`; shown where the test's name does not say it. */
    direction?: string;
    /** The nodes' own words, shown beside a failure. */
    words?: readonly string[];
  }
}
