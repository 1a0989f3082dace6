import type { ReplayReport } from '../judge/replay/report.ts';
import type { CellFacts, RunFacts, TestReport } from '../judge/run-report.ts';
import type { ReleaseReport } from '../releases/artefacts.ts';

/** Facts of a run with nothing wrong, for unit tests to bend. */
export function testOf(state: TestReport['state'], changes: Partial<TestReport> = {}): TestReport {
  const errors = state === 'failed' ? [{ about: 'releases', message: 'no coin arrived' } as const] : [];
  return { file: 'suites/pay.test.ts', name: 'pays', state, tookMs: 1500, errors, words: [], ...changes };
}

const PASSED: Omit<CellFacts, 'name'> = {
  provider: 'local',
  seed: 1,
  tests: [testOf('passed')],
  fileErrors: [],
  problems: [],
  timings: [],
};

export function cellOf(changes: Partial<CellFacts> = {}): CellFacts {
  const [left, right] = [madeOf('4.8'), madeOf('4.10')];
  return { name: '4.8+4.10', left, right, ...PASSED, ...changes };
}

export function mixedOf(releases: readonly string[], changes: Partial<CellFacts> = {}): CellFacts {
  return { name: 'mixed', releases: releases.map(madeOf), ...PASSED, ...changes };
}

/** The replay of a failure that did not come back. */
export function replayOf(changes: Partial<ReplayReport> = {}): ReplayReport {
  return {
    result: 'gone',
    story: ['4.8 (party-a) pays 4.10 (party-b) 1.00 USD: it failed; seen once', 'seed 1; 2 tries'],
    operations: 9,
    looked: 3,
    seen: 1,
    tries: [],
    unexplained: [],
    tookMs: 60_000,
    ...changes,
  };
}

function madeOf(release: string): ReleaseReport {
  return { release, cordapps: [] };
}

export function runOf(cells: readonly CellFacts[], changes: Partial<RunFacts> = {}): RunFacts {
  return {
    id: 'run-1',
    startedAt: '2026-11-23T10:00:00.000Z',
    endedAt: '2026-11-23T10:01:00.000Z',
    bailed: false,
    filtered: false,
    cells,
    problems: [],
    ...changes,
  };
}
