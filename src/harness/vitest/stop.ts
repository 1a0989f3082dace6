import type { Vitest } from 'vitest/node';
import { withLimit } from '../support/with-limit.ts';

/** Milliseconds that workers have to unwind their fixtures. */
const GRACE = 10_000;
const FORCED = 5_000;

/** Ends a run in order: running tests are aborted, workers unwind, then the global teardown removes everything. */
export async function stopRun(vitest: Vitest): Promise<void> {
  const cancel = (): Promise<void> => vitest.cancelCurrentRun('keyboard-input');
  try {
    await withLimit(cancel(), { name: 'cancelling the run', limit: GRACE });
  } catch {
    // Asked a second time, vitest kills workers that do not listen.
    await withLimit(cancel(), { name: 'killing the workers', limit: FORCED }).catch(() => undefined);
  }
  await vitest.close();
}
