import { failsRun, countTotals, judgeCell } from '../judge/outcome.ts';
import { directionsOf } from '../judge/directions.ts';
import { RUN_SCHEMA, type RunFacts, type RunReport } from '../judge/run-report.ts';

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

/** The text of run.json: everything, stable order of fields. */
export function runJson(report: RunReport): string {
  const { schema, id, ok, totals, ...rest } = report;
  return `${JSON.stringify({ schema, id, ok, totals, ...rest }, undefined, 2)}\n`;
}
