import type { Vitest } from 'vitest/node';

/** The harness's main part, as vitest's hooks reach it. */
export interface Harness {
  /** Vitest knows which projects are selected. Later calls do nothing. */
  attach(vitest: Vitest): void;
  /** Opens the hub to workers. */
  open(): Promise<void>;
  /** Removes all networks and writes the reports. */
  finish(): Promise<void>;
}

/** Vitest loads config (once for each project), global set-up and main part apart; only the process is shared. */
const SLOT = Symbol.for('corda-compat.harness');

type Holder = typeof globalThis & { [SLOT]?: Harness };

export function setHarness(harness: Harness): void {
  (globalThis as Holder)[SLOT] = harness;
}

/** @throws Error where no plugin has set it */
export function currentHarness(): Harness {
  const harness = (globalThis as Holder)[SLOT];
  if (!harness)
    throw new Error('The run failed to find the harness. Add cordaCompat() to the plugins of vitest.config.ts.');
  return harness;
}
