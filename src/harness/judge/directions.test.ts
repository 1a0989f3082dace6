import { expect, test } from 'vitest';
import { buildReport } from '../report/build-report.ts';
import { directionLines } from '../report/terminal.ts';
import { cellOf, mixedOf, runOf, testOf } from '../testing/report-facts.ts';

const mixed = mixedOf(['4.0', '4.8', '4.10'], {
  tests: [
    testOf('passed'),
    testOf('passed', { direction: { from: '4.0', to: '4.8' } }),
    testOf('passed', { direction: { from: '4.8', to: '4.0' } }),
    testOf('failed', { direction: { from: '4.8', to: '4.0' } }),
    testOf('passed', { direction: { from: '4.8', to: '4.8' } }),
    testOf('skipped', { direction: { from: '4.10', to: '4.8' } }),
    testOf('passed', { direction: { from: '4.10', to: '4.0' } }),
  ],
});

test('a mixed cell’s report has every direction with the worst of its tests', () => {
  const [cell] = buildReport(runOf([mixed])).cells;
  expect(cell?.directions).toEqual([
    { from: '4.0', to: '4.8', state: 'passed' },
    { from: '4.0', to: '4.10', state: 'not-run' },
    { from: '4.8', to: '4.0', state: 'failed' },
    { from: '4.8', to: '4.10', state: 'not-run' },
    { from: '4.10', to: '4.0', state: 'passed' },
    { from: '4.10', to: '4.8', state: 'skipped' },
  ]);
  expect(cell && directionLines(cell)).toEqual([
    'mixed: 2 of 6 directions passed (rows pay columns; ?: has no result)',
    '      4.0     4.8      4.10',
    '----  ------  -------  ----',
    '4.0   -       ok       ?',
    '4.8   FAILED  -        ?',
    '4.10  ok      skipped  -',
    '',
  ]);
});

test('a direction whose test says nothing about the releases has no result', () => {
  const direction = { from: '4.0', to: '4.8' };
  const gone = testOf('failed', { direction, errors: [{ about: 'harness', message: 'the driver is gone' }] });
  const [cell] = buildReport(runOf([mixedOf(['4.0', '4.8'], { tests: [gone] })])).cells;
  expect(cell?.directions?.[0]).toEqual({ ...direction, state: 'not-run' });
});

test('a pair’s has none', () => {
  const [cell] = buildReport(runOf([cellOf()])).cells;
  expect(cell).not.toHaveProperty('directions');
  expect(cell && directionLines(cell)).toEqual([]);
});
