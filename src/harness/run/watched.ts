import type { Ledger } from '../domain/ledger.ts';
import { createReleasesContext, type ReleasesContext } from '../releases/context.ts';
import { defaultStateRoot } from '../support/files.ts';
import type { Progress } from '../support/progress.ts';
import { closeGuard, guarded, sweepBefore } from './node-provisioner.ts';
import { createRunFolder } from './run-folder.ts';
import type { Environment } from '../domain/environment.ts';

export interface WatchedHost {
  readonly env: Environment;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What work outside of a run of the matrix has, as such a run has it. */
export interface Watched {
  readonly releases: ReleasesContext;
  /** What is made and must not stay is written here before. */
  readonly ledger: Ledger;
  /** Private, and gone with the work. */
  readonly folder: string;
}

/** Work that starts processes: what it leaves when it is killed is removed by its reaper, or by the next run. */
export async function watched<T>(runId: string, host: WatchedHost, work: (own: Watched) => Promise<T>): Promise<T> {
  const { env, progress, signal } = host;
  const root = defaultStateRoot();
  await sweepBefore({ progress }, root);
  const folder = await createRunFolder(root, runId);
  const guard = await guarded(folder);
  try {
    const { ledger } = guard;
    const run = { id: runId, ledger: () => Promise.resolve(ledger) };
    const releases = await createReleasesContext({ env, progress, signal, run });
    return await work({ releases, ledger, folder: folder.path });
  } finally {
    await closeGuard(guard, folder);
  }
}
