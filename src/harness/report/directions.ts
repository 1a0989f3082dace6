import type { CellFacts, CellReport, Direction, TestState } from './run-report.ts';
import { textTable } from './text-table.ts';

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

const WORDS = { passed: 'ok', failed: 'FAILED', skipped: 'skipped', 'not-run': '?' } as const;

/** How many directions are fine, then releases × releases, payers down, payees across; nothing for a pair. */
export function directionLines({ name, directions }: CellReport): string[] {
  if (!directions || directions.length === 0) return [];
  const ids = [...new Set(directions.map(({ from }) => from))];
  const passed = directions.filter(({ state }) => state === 'passed').length;
  const row = (from: string): string[] => [
    from,
    ...ids.map((to) => {
      const found = directions.find((each) => each.from === from && each.to === to);
      return found ? WORDS[found.state] : '-';
    }),
  ];
  return [
    `${name}: ${passed} of ${directions.length} directions passed (rows pay columns; ?: has no result)`,
    ...textTable(['', ...ids], ids.map(row)),
    '',
  ];
}
