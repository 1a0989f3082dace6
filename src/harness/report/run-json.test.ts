import { expect, test } from 'vitest';
import { buildReport, runJson } from './build-report.ts';
import { cellOf, runOf } from '../testing/report-facts.ts';
import { RUN_SCHEMA } from '../judge/run-report.ts';

test('run.json says first what it is and how it ended, and loses nothing', () => {
  const report = buildReport(runOf([cellOf()]));
  const text = runJson(report);
  expect(JSON.parse(text)).toEqual(report);
  expect(Object.keys(JSON.parse(text) as object).slice(0, 4)).toEqual(['schema', 'id', 'ok', 'totals']);
  expect(text).toContain(RUN_SCHEMA);
  expect(text.endsWith('}\n')).toBe(true);
});
