import { join } from 'node:path';
import type { Cell } from '../config/cell.ts';
import { failuresOf } from '../judge/failures.ts';
import type { CellReport, RunReport } from '../judge/run-report.ts';
import type { Hub } from '../hub/hub.ts';
import type { Replayed } from '../hub/replay-failure.ts';
import type { Progress } from '../support/progress.ts';
import type { Problem } from '../plan/steps.ts';

export interface ReplaysOrder {
  readonly hub: Hub;
  /** The report of the run so far. */
  readonly report: () => RunReport;
  readonly cells: readonly Cell[];
  /** Folder of the reports, absolute. */
  readonly results: string;
  readonly progress: Progress;
  readonly isInterrupted: () => boolean;
  /** Gets the result of each replay. */
  readonly onReplayed: (cell: string, replayed: Replayed) => void;
}

/**
 * Replays the operations of failed cells, one cell after the other, after the suites' networks are removed: only then does the
 * run know of lost nodes. Never rejects.
 */
export async function replayFailures(order: ReplaysOrder): Promise<readonly Problem[]> {
  try {
    await replayEach(order);
    return [];
  } catch (error) {
    return [{ step: 'evidence', message: `the run failed to replay the failures: ${String(error)}` }];
  }
}

async function replayEach(order: ReplaysOrder): Promise<void> {
  const { hub, report, cells, results, progress, isInterrupted, onReplayed } = order;
  const networks = await hub.others();
  if (!networks) return;
  const failed = report().cells.filter(({ outcome, failure }) => outcome === 'incompatible' && !failure);
  const wanted = cells.flatMap((cell) => {
    const found = failed.find(({ name }) => name === cell.name);
    return found && cell.workload.shrink ? [{ cell, limits: cell.workload.shrink, found }] : [];
  });
  if (wanted.length === 0) return;
  // Loaded here: most runs need it never.
  const { replayFailure } = await import('../hub/replay-failure.ts');
  for (const { cell, limits, found } of wanted) {
    if (isInterrupted()) return;
    const folder = join(results, cell.name);
    const replayed = await replayFailure({ cell, limits, folder, failedTests: failedOf(found), networks, progress });
    if (replayed) onReplayed(cell.name, replayed);
  }
}

/** What failed by the harness or a suite does not come back with operations. */
function failedOf(cell: CellReport): CellReport['tests'] {
  return failuresOf(cell).found.flatMap(({ test }) => test ?? []);
}
