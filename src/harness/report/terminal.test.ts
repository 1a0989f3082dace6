import { expect, test } from 'vitest';
import { buildReport } from './build-report.ts';
import { cellOf, replayOf, runOf, testOf } from '../testing/report-facts.ts';
import { closingLine, progressLine, summaryLines, testLines } from './terminal.ts';

test('a failed test: direction, every line of the message, the node words', () => {
  const failed = testOf('failed', {
    direction: { from: '4.10', to: '4.8' },
    errors: [{ about: 'releases', message: 'no coin\nlast: \u001b[31mnone\u001b[39m' }],
    words: ['corrupt SessionMessage'],
  });
  expect(testLines('4.8+4.10', failed).join('\n')).toBe(
    [
      '          4.8+4.10  FAILED  suites/pay.test.ts > pays [4.10 -> 4.8] (1.5 s)',
      '              no coin',
      '              last: none',
      '              the node says: corrupt SessionMessage',
    ].join('\n'),
  );
});

test('a direction that the name tells already is not told again; a skip tells why', () => {
  expect(testLines('a+b', testOf('passed', { name: 'a pays b', direction: { from: 'a', to: 'b' } }))).toEqual([
    '          a+b  ok  suites/pay.test.ts > a pays b (1.5 s)',
  ]);
  expect(testLines('a+b', testOf('skipped', { reason: 'not today', tookMs: 0 }))).toEqual([
    '          a+b  skipped  suites/pay.test.ts > pays (0.0 s): not today',
  ]);
});

test('progress names time and cell', () => {
  expect(progressLine(12_345, 'minting', '4.8+4.10')).toBe('  12.3 s  4.8+4.10  minting');
  expect(progressLine(12_345, 'sweeping')).toBe('  12.3 s  sweeping');
});

test('the table, then the reasons', () => {
  const report = buildReport(
    runOf(
      [
        cellOf({
          timings: [
            { phase: 'zone', tookMs: 20 },
            { phase: 'start', tookMs: 19_250 },
          ],
          warnings: ['a.jar is signed with another key: nodes take it.'],
          evidence: '4.8+4.10/',
        }),
        cellOf({
          name: '3.3-corda+4.10',
          tests: [testOf('not-run')],
          failure: { outcome: 'blocked', step: 'start', message: '3.3-corda+4.10: no memory', words: ['oom'] },
          problems: [{ step: 'destroy', message: 'stuck' }],
        }),
      ],
      { interrupted: 'SIGINT' },
    ),
  );
  expect(summaryLines(report)).toEqual([
    'cell            outcome     passed  failed  skipped  seconds  evidence',
    '--------------  ----------  ------  ------  -------  -------  ---------',
    '4.8+4.10        compatible  1       0       0        19.3     4.8+4.10/',
    '3.3-corda+4.10  blocked     0       0       0        0.0      -',
    '',
    '4.8+4.10: seconds by step: start 19.3',
    '4.8+4.10: warning: a.jar is signed with another key: nodes take it.',
    '3.3-corda+4.10: blocked: start: no memory',
    '    the node says: oom',
    '3.3-corda+4.10: destroy FAILED: stuck',
    'stopped by SIGINT',
  ]);
});

test('the last line names skipped tests only where there are any', () => {
  expect(closingLine({ totals: { passed: 3, failed: 0, skipped: 0 } })).toBe('3 passed, 0 failed');
  expect(closingLine({ totals: { passed: 3, failed: 1, skipped: 2 } })).toBe('3 passed, 1 failed, 2 skipped');
});

test('the story of a failure that was carried out again follows its reason', () => {
  const lines = summaryLines(buildReport(runOf([cellOf({ tests: [testOf('failed')], replay: replayOf() })])));
  expect(lines.slice(-3)).toEqual([
    '4.8+4.10: flaky: same seed, two answers: 1 test failed, first: suites/pay.test.ts > pays; the replay had no failure',
    '4.8+4.10: replayed: 4.8 (party-a) pays 4.10 (party-b) 1.00 USD: it failed; seen once',
    '    seed 1; 2 tries',
  ]);
});
