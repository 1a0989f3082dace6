import type { CellFacts, Direction, TestState } from './run-report.ts';

/** One of the directions between a mixed cell's releases. */
export interface DirectionReport extends Direction {
  /** The worst of the tests that name it; `not-run` where none does. */
  readonly state: TestState;
}

const WORST_FIRST = ['failed', 'not-run', 'skipped', 'passed'] as const satisfies readonly TestState[];

/** Every direction between the releases of a mixed cell, payer by payer in the order of the cell; none of a pair's. */
export function directionsOf({ releases = [], tests }: CellFacts): readonly DirectionReport[] {
  const ids = releases.map(({ release }) => release);
  return ids.flatMap((from) =>
    ids.filter((to) => to !== from).map((to) => ({ from, to, state: stateOf({ from, to }, tests) })),
  );
}

function stateOf({ from, to }: Direction, tests: CellFacts['tests']): TestState {
  const states = new Set(
    tests.filter(({ direction }) => direction?.from === from && direction.to === to).map(({ state }) => state),
  );
  return WORST_FIRST.find((state) => states.has(state)) ?? 'not-run';
}
