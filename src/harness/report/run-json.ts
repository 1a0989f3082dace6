import type { RunReport } from './run-report.ts';

/** The text of run.json: everything, stable order of fields. */
export function runJson(report: RunReport): string {
  const { schema, id, ok, totals, ...rest } = report;
  return `${JSON.stringify({ schema, id, ok, totals, ...rest }, undefined, 2)}\n`;
}
