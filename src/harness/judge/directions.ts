import { failuresOf } from './failures.ts';
import type { CellFacts, Direction, TestReport, TestState } from './run-report.ts';

/** One of the directions between a mixed cell's releases. */
export interface DirectionReport extends Direction {
  /** The worst of the tests that name it; `not-run` where none does. */
  readonly state: TestState;
}

const WORST_FIRST = ['failed', 'not-run', 'skipped', 'passed'] as const satisfies readonly TestState[];

/** Every direction between the releases of a mixed cell, payer by payer in the order of the cell; none of a pair's. */
export function directionsOf(cell: CellFacts): readonly DirectionReport[] {
  const { releases = [], tests } = cell;
  const found = failuresOf(cell).found.map(({ test }) => test);
  const stateOf = ({ from, to }: Direction): TestState => {
    const named = tests.filter(({ direction }) => direction?.from === from && direction.to === to);
    const states = new Set(named.map((test) => resultOf(test, found)));
    return WORST_FIRST.find((state) => states.has(state)) ?? 'not-run';
  };
  const ids = releases.map(({ release }) => release);
  return ids.flatMap((from) =>
    ids.filter((to) => to !== from).map((to) => ({ from, to, state: stateOf({ from, to }) })),
  );
}

/** A test that failed without a word about the releases has no result. */
function resultOf(test: TestReport, found: readonly (TestReport | undefined)[]): TestState {
  return test.state === 'failed' && !found.includes(test) ? 'not-run' : test.state;
}
