import { describe, expect, test } from 'vitest';
import { buildReport } from '../report/build-report.ts';
import { cellOf, runOf, testOf } from '../report/facts-for-tests.ts';
import type { Cell } from '../domain/cell.ts';
import { cellsAtOnce, exitCode } from './session-options.ts';

describe('cells at once', () => {
  const cell = { topology: { nodes: [{}, {}, {}] } } as unknown as Cell;
  const matrix = (parallel: number) => ({
    cells: [cell],
    parallel,
    plan: () => ({ title: '', steps: [], skipped: [], warnings: [] }),
  });
  test.for([
    [1, 100_000, 1],
    [3, 100_000, 3],
    [3, 5100, 2],
    [3, 900, 1],
  ] as const)('%i asked for with %i MB: %i', ([parallel, mb, expected]) => {
    expect(cellsAtOnce(matrix(parallel), mb)).toBe(expected);
  });
});

describe('exit code', () => {
  const known = { reason: 'r', until: '2999-01-01' };
  const good = buildReport(runOf([cellOf()]));
  const bad = buildReport(runOf([cellOf({ tests: [testOf('failed')] })]));
  const declared = buildReport(runOf([cellOf({ known, tests: [testOf('failed')] })]));
  test.for([
    ['good', good, undefined, 0],
    ['good, but somebody else failed', good, 1, 1],
    ['bad, overlooked by vitest', bad, undefined, 1],
    ['bad', bad, 1, 1],
    ['bad and interrupted', bad, 130, 130],
    ['declared, which vitest counts as failed', declared, 1, 0],
    ['declared and interrupted', declared, 130, 130],
  ] as const)('%s', ([, report, before, after]) => {
    expect(exitCode(report, before)).toBe(after);
  });
});
