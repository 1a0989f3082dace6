import { describe, expect, test } from 'vitest';
import { buildReport } from '../report/build-report.ts';
import { cellOf, replayOf, runOf, testOf } from '../testing/report-facts.ts';
import { judgeCell } from './outcome.ts';
import type { CellFacts, RunFacts } from './run-report.ts';

const blocked = { outcome: 'blocked', step: 'start', message: 'no memory' } as const;
const died = { outcome: 'blocked', step: 'suites', message: 'party-b ended while trading' } as const;
const refused = { outcome: 'incompatible', step: 'start', message: '4.10 refuses' } as const;
const known = { reason: 'telemetry', until: '2026-11-23' };
const broken = { file: 'suites/pay.test.ts', errors: [{ message: 'cannot be loaded' }] };

describe('the outcome of a cell', () => {
  test.for<[string, Partial<CellFacts>, Partial<RunFacts>, string]>([
    ['all passed', {}, {}, 'compatible'],
    ['a test failed', { tests: [testOf('passed'), testOf('failed')] }, {}, 'incompatible'],
    [
      'a test failed, then the run was stopped',
      { tests: [testOf('failed'), testOf('not-run')] },
      { interrupted: 'SIGINT' },
      'incompatible',
    ],
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
    ['declared, and still so', { tests: [testOf('failed')], known }, {}, 'known'],
    ['declared, nodes refuse each other', { tests: [], failure: refused, known }, {}, 'known'],
    ['declared, blocked', { tests: [], failure: blocked, known }, {}, 'blocked'],
    [
      'the declaration ended yesterday',
      { tests: [testOf('failed')], known },
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
    [
      'declared failures as skipped',
      [cellOf({ known, tests: [testOf('passed'), testOf('failed')] })],
      {},
      [1, 0, 1],
      true,
    ],
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
  expect(judgeCell(cellOf({ failure }), runOf([]))).toEqual({ outcome, because });
});
