import { describe, expect, test } from 'vitest';
import { buildReport } from '../report/build-report.ts';
import { cellOf, replayOf, runOf, testOf } from '../testing/report-facts.ts';
import { judgeCell } from './outcome.ts';
import type { CellFacts, RunFacts, TestError, TestReport } from './run-report.ts';

const blocked = { outcome: 'blocked', step: 'start', message: 'no memory' } as const;
const died = { outcome: 'blocked', step: 'suites', message: 'party-b ended while trading' } as const;
const refused = { outcome: 'incompatible', step: 'start', message: '4.10 refuses' } as const;
const PAYS = '4.8 pays 4.10 without an ok';
const known = { reason: 'telemetry', until: '2026-11-23', failures: [{ name: PAYS, words: 'no answer' }] };
const knownStart = { ...known, failures: [{ name: 'step start' }] };
const broken = { file: 'suites/pay.test.ts', errors: [{ about: 'suite', message: 'cannot be loaded' } as const] };

function failedBy(error: Partial<TestError>, changes: Partial<TestReport> = {}): TestReport {
  return testOf('failed', { errors: [{ about: 'releases', message: 'it failed', ...error }], ...changes });
}
const pays = failedBy({ failures: [{ name: PAYS, message: 'no answer within 30 s' }] });
const lost = failedBy({ failures: [{ name: 'lost-payment of 4.10 and 4.8', message: 'lost' }] });
const ofHarness = failedBy({ about: 'harness' });
const ofSuite = failedBy({ about: 'suite' });
const givenUp = failedBy({ about: 'harness', goesOn: true });

describe('the outcome of a cell', () => {
  test.for<[string, Partial<CellFacts>, Partial<RunFacts>, string]>([
    ['all passed', {}, {}, 'compatible'],
    ['a test failed', { tests: [testOf('passed'), testOf('failed')] }, {}, 'incompatible'],
    [
      'a test failed, then the run was stopped',
      { tests: [testOf('failed'), testOf('not-run')] },
      { interrupted: 'SIGINT' },
      'interrupted',
    ],
    [
      'the last test failed while the run was stopped',
      { tests: [testOf('passed'), testOf('failed')], stopped: true },
      { interrupted: 'SIGINT' },
      'interrupted',
    ],
    [
      'a node ended while the run was stopped',
      { tests: [testOf('failed'), testOf('not-run')], failure: died },
      { interrupted: 'SIGINT' },
      'interrupted',
    ],
    [
      'a node died in a cell, and the run was stopped in a later one',
      { tests: [testOf('failed')], failure: died },
      { interrupted: 'SIGINT' },
      'blocked',
    ],
    [
      'a test failed, and the run was stopped in a later cell',
      { tests: [pays] },
      { interrupted: 'SIGINT' },
      'incompatible',
    ],
    ['the harness failed', { tests: [testOf('passed'), ofHarness] }, {}, 'blocked'],
    ['a suite is wrong', { tests: [testOf('passed'), ofSuite] }, {}, 'blocked'],
    ['a suite is wrong, and a payment failed', { tests: [ofSuite, pays] }, {}, 'incompatible'],
    ['the harness failed, then a payment', { tests: [ofHarness, pays] }, {}, 'incompatible'],
    ['a payment failed behind work that goes on', { tests: [givenUp, pays] }, {}, 'blocked'],
    ['a payment failed, then the harness', { tests: [pays, givenUp] }, {}, 'incompatible'],
    [
      'a hook of a later file was given up, and a payment had failed before',
      {
        tests: [pays, testOf('not-run', { file: 'suites/vault.test.ts' })],
        fileErrors: [{ file: 'suites/vault.test.ts', errors: givenUp.errors }],
      },
      {},
      'incompatible',
    ],
    ['a hook found it', { fileErrors: [{ file: 'suites/pay.test.ts', errors: pays.errors }] }, {}, 'incompatible'],
    ['a test passed only when it was tried again', { tests: [testOf('passed', { retried: true })] }, {}, 'flaky'],
    ['a test failed, then the network broke', { tests: [testOf('failed')], failure: blocked }, {}, 'incompatible'],
    ['what failed did not come back', { tests: [testOf('failed')], replay: replayOf() }, {}, 'flaky'],
    [
      'what failed came back',
      { tests: [testOf('failed')], replay: replayOf({ result: 'came-back' }) },
      {},
      'incompatible',
    ],
    [
      'nobody knows whether it came back',
      { tests: [testOf('failed')], replay: replayOf({ result: 'unknown' }) },
      {},
      'incompatible',
    ],
    [
      'what failed did not come back, but something else failed that has no operation',
      { tests: [testOf('failed')], replay: replayOf({ unexplained: ['suites/health.test.ts > sees every node'] }) },
      {},
      'incompatible',
    ],
    ['a node died under the tests', { tests: [testOf('failed')], failure: died }, {}, 'blocked'],
    ['no network', { tests: [testOf('not-run')], failure: blocked }, {}, 'blocked'],
    ['nodes that refuse each other', { tests: [testOf('not-run')], failure: refused }, {}, 'incompatible'],
    ['declared, and still so', { tests: [pays], known }, {}, 'known'],
    ['declared, but something else failed', { tests: [lost], known }, {}, 'incompatible'],
    ['declared, but more failed', { tests: [pays, lost], known }, {}, 'incompatible'],
    [
      'declared, but it fails by another cause',
      { tests: [failedBy({ failures: [{ name: PAYS, message: 'the flow failed' }] })], known },
      {},
      'incompatible',
    ],
    ['declared, but the harness failed too', { tests: [pays, ofHarness], known }, {}, 'blocked'],
    ['declared, but only the harness failed', { tests: [ofHarness], known }, {}, 'blocked'],
    ['declared, but the worker died', { tests: [pays, testOf('not-run')], known }, {}, 'blocked'],
    [
      'declared, nodes refuse each other',
      { tests: [testOf('not-run')], failure: refused, known: knownStart },
      {},
      'known',
    ],
    [
      'declared, nodes refuse each other for another reason',
      { tests: [], failure: refused, known },
      {},
      'incompatible',
    ],
    ['declared, blocked', { tests: [], failure: blocked, known }, {}, 'blocked'],
    [
      'the declaration ended yesterday',
      { tests: [pays], known },
      { endedAt: '2026-11-24T00:00:00.000Z' },
      'incompatible',
    ],
    ['declared, works now', { known }, {}, 'fixed'],
    ['declared, a part of it works', { known }, { filtered: true }, 'compatible'],
    ['declared until yesterday, works', { known }, { endedAt: '2026-11-24T00:00:00.000Z' }, 'compatible'],
    ['the worker died', { tests: [testOf('passed'), testOf('not-run')] }, {}, 'blocked'],
    ['--bail', { tests: [testOf('passed'), testOf('not-run')] }, { bailed: true }, 'interrupted'],
    ['a signal', { tests: [testOf('passed'), testOf('not-run')] }, { interrupted: 'SIGTERM' }, 'interrupted'],
    ['a signal after its last test', {}, { interrupted: 'SIGTERM' }, 'compatible'],
    ['a file that fails as a whole', { fileErrors: [broken] }, {}, 'blocked'],
    ['everything skipped', { tests: [testOf('skipped')] }, {}, 'blocked'],
    ['no file at all', { tests: [] }, {}, 'blocked'],
    ['left out by policy', { tests: [], skipped: 'older than 4.5' }, {}, 'skipped'],
  ])('%s', ([, cell, run, outcome]) => {
    expect(judgeCell(cellOf(cell), runOf([], run)).outcome).toBe(outcome);
  });
});

describe('totals and success', () => {
  test.for<[string, CellFacts[], Partial<RunFacts>, [number, number, number], boolean]>([
    ['a flaky cell, by its tests', [cellOf({ tests: [testOf('failed')], replay: replayOf() })], {}, [0, 1, 0], false],
    ['passes', [cellOf(), cellOf()], {}, [2, 0, 0], true],
    ['failed tests, not their cell', [cellOf({ tests: [testOf('failed'), testOf('failed')] })], {}, [0, 2, 0], false],
    [
      'a blocked cell once, not its tests',
      [cellOf({ tests: [testOf('not-run'), testOf('not-run')], failure: blocked })],
      {},
      [0, 1, 0],
      false,
    ],
    ['declared failures as skipped', [cellOf({ known, tests: [testOf('passed'), pays] })], {}, [1, 0, 1], true],
    ['a declaration to be tidied', [cellOf({ known })], {}, [1, 1, 0], false],
    ['a failed teardown', [cellOf({ problems: [{ step: 'destroy', message: 'stuck' }] })], {}, [1, 1, 0], false],
    ['a problem of the run', [cellOf()], { problems: [{ step: 'suites', message: 'stray' }] }, [1, 1, 0], false],
    ['an interruption though all passed', [cellOf()], { interrupted: 'SIGINT' }, [1, 0, 0], false],
    ['a cell left out by policy', [cellOf(), cellOf({ tests: [], skipped: 'why' })], {}, [1, 0, 1], true],
    ['nothing but what is left out by policy', [cellOf({ tests: [], skipped: 'why' })], {}, [0, 0, 1], false],
    ['no cell at all', [], {}, [0, 0, 0], false],
  ])('%s', ([, cells, run, [passed, failed, skipped], ok]) => {
    expect(buildReport(runOf(cells, run))).toMatchObject({ ok, totals: { passed, failed, skipped } });
  });
});

test.each([
  ['blocked', undefined, 'schema: no room'],
  ['blocked', { number: '4.3', name: 'make the tables' }, 'step 4.3 make the tables: no room'],
  ['incompatible', { number: '4.3', name: 'make the tables' }, 'step 4.3 make the tables: no room'],
] as const)('a cell that is %s at %j says so', (outcome, at, because) => {
  const failure = { outcome, step: 'schema', message: 'no room', ...(at ? { at } : {}) } as const;
  expect(judgeCell(cellOf({ failure }), runOf([]))).toMatchObject({ outcome, because });
});

test.for<[string, Partial<CellFacts>, Partial<RunFacts>, string]>([
  [
    'known',
    { tests: [pays], known },
    {},
    'declared until 2026-11-23: telemetry (1 test failed, first: suites/pay.test.ts > pays)',
  ],
  [
    'incompatible',
    { tests: [pays, lost], known },
    {},
    '2 tests failed, first: suites/pay.test.ts > pays; "known" declares other failures, not: lost-payment of 4.10 and 4.8',
  ],
  [
    'interrupted',
    { tests: [pays, testOf('not-run')] },
    { interrupted: 'SIGINT' },
    'SIGINT stopped the run; until then: 1 test failed, first: suites/pay.test.ts > pays',
  ],
  [
    'blocked',
    { tests: [givenUp, ofSuite, pays] },
    {},
    'suites/pay.test.ts > pays: it failed (and 1 more); 1 failure after it may follow from it; this is about the harness, not the releases',
  ],
])('a cell that is %s says why', ([outcome, cell, run, because]) => {
  expect(judgeCell(cellOf(cell), runOf([], run))).toMatchObject({ outcome, because });
});

test('failures have the names by which they can be declared', () => {
  const tests = [pays, lost, pays, testOf('failed'), ofSuite];
  expect(judgeCell(cellOf({ tests }), runOf([])).failures).toEqual([
    PAYS,
    'lost-payment of 4.10 and 4.8',
    'suites/pay.test.ts > pays',
  ]);
});
