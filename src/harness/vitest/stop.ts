import type { Vitest } from 'vitest/node';
import { withLimit } from '../support/with-limit.ts';

/** Milliseconds that workers have to unwind their fixtures. */
const GRACE = 10_000;
const FORCED = 5_000;

/**
 * Ends a run in order: running tests are aborted, workers unwind, then the global teardown removes everything.
 * @param finish what is to be done at least: a worker that a terminal's signal has killed before it had begun is waited for by vitest
 * for a minute, and by its end in order too
 */
export async function stopRun(vitest: Vitest, finish: () => Promise<void>): Promise<void> {
  const cancelled = async (name: string, limit: number): Promise<boolean> => {
    const cancelling = vitest.cancelCurrentRun('keyboard-input');
    return await withLimit(cancelling, { name, limit }).then(
      () => true,
      () => false,
    );
  };
  // Asked a second time, vitest kills workers that do not listen.
  const isOver = (await cancelled('cancelling the run', GRACE)) || (await cancelled('killing the workers', FORCED));
  await (isOver ? vitest.close() : finish());
}
