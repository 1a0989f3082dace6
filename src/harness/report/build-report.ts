import { failsRun } from '../domain/outcome.ts';
import { directionsOf } from './directions.ts';
import { countTotals, judgeCell } from './outcome.ts';
import { RUN_SCHEMA } from './run-report.ts';
import type { RunFacts, RunReport } from './run-report.ts';

/** Facts to report: every cell gets its outcome, the run its totals. Pure. */
export function buildReport(facts: RunFacts): RunReport {
  const cells = facts.cells.map((cell) => ({
    ...cell,
    ...judgeCell(cell, facts),
    ...(cell.releases ? { directions: directionsOf(cell) } : {}),
  }));
  const totals = countTotals(cells, facts.problems.length);
  const ok =
    totals.failed === 0 &&
    facts.interrupted === undefined &&
    cells.some(({ outcome }) => outcome !== 'skipped') &&
    cells.every((cell) => !failsRun(cell.outcome));
  return { schema: RUN_SCHEMA, ...facts, ok, totals, cells };
}
