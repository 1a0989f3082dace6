import type { ReleasesContext } from '../context.ts';

/** Marks processes: the reaper of the run finds them by the run's id, which it begins with. */
export function markerOf({ run }: ReleasesContext, what: string): string {
  return `${run?.id ?? `no-run-${process.pid}`}/${what}`;
}

/** Waits until the run is watched over; its reaper ends whatever carries the run's marker. */
export async function watched({ run }: ReleasesContext): Promise<void> {
  await run?.ledger();
}

/**
 * Writes a folder, and the processes that will work in it, into the run's ledger. Call the returned function when the
 * folder is gone. Outside a run there is no ledger: whoever opens the cache next removes what is left.
 */
export async function holdFolder(folder: string, what: string, ctx: ReleasesContext): Promise<() => Promise<void>> {
  const { run } = ctx;
  if (!run) return () => Promise.resolve();
  const ledger = await run.ledger();
  const entries = [
    await ledger.record({ kind: 'folder', path: folder }),
    // Undone first: the folder cannot be removed while somebody writes there.
    await ledger.record({ kind: 'processes', marker: markerOf(ctx, what) }),
  ];
  return async () => {
    for (const entry of entries) await ledger.undone(entry);
  };
}
