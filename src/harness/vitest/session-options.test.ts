import { describe, expect, test } from 'vitest';
import { buildReport } from '../report/build-report.ts';
import { cellOf, runOf, testOf } from '../testing/report-facts.ts';
import { exitCode } from './session-options.ts';

describe('exit code', () => {
  const known = { reason: 'r', until: '2999-01-01', failures: [{ name: 'suites/pay.test.ts > pays' }] };
  const good = buildReport(runOf([cellOf()]));
  const bad = buildReport(runOf([cellOf({ tests: [testOf('failed')] })]));
  const declared = buildReport(runOf([cellOf({ known, tests: [testOf('failed')] })]));
  test.for([
    ['good', good, undefined, 0],
    ['good, but another reporter failed', good, 1, 1],
    ['bad, overlooked by vitest', bad, undefined, 1],
    ['bad', bad, 1, 1],
    ['bad and interrupted', bad, 130, 130],
    ['declared', declared, undefined, 0],
    ['declared, but another reporter failed', declared, 1, 1],
    ['declared and interrupted', declared, 130, 130],
  ] as const)('%s', ([, report, before, after]) => {
    expect(exitCode(report, before)).toBe(after);
  });
});
