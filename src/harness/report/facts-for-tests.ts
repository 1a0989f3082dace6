import type { CellFacts, RunFacts, TestReport } from './run-report.ts';

/** Facts of a run with nothing wrong, for unit tests to bend. */
export function testOf(state: TestReport['state'], changes: Partial<TestReport> = {}): TestReport {
  const errors = state === 'failed' ? [{ message: 'no coin arrived' }] : [];
  return { file: 'suites/pay.test.ts', name: 'pays', state, tookMs: 1500, errors, words: [], ...changes };
}

export function cellOf(changes: Partial<CellFacts> = {}): CellFacts {
  return {
    name: '4.8+4.10',
    left: { release: '4.8', cordapps: [] },
    right: { release: '4.10', cordapps: [] },
    provider: 'local',
    seed: 1,
    tests: [testOf('passed')],
    fileErrors: [],
    problems: [],
    timings: [],
    ...changes,
  };
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
