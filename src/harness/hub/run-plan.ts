import type { Cell, Pair } from '../config/cell.ts';
import type { Release } from '../config/release.ts';
import { suitesOf } from '../plan/suites.ts';
import { makePlan, type Plan, type RunStep, type SkippedCell } from '../plan/plan.ts';
import { cordappsText, grouped, idsOf } from '../plan/plan-words.ts';
import type { PlannedRun } from '../plan/steps.ts';
import { attachedWay } from '../byhand/attached-steps.ts';
import { wayOf } from '../provision/cell-steps.ts';

export interface PlanOptions extends Partial<PlannedRun> {
  readonly skipped?: readonly SkippedCell[];
  readonly warnings?: readonly string[];
  /** Namespace with the network of the only cell; absent where the run makes its networks. */
  readonly attached?: string;
}

/** The steps of a run of these cells, in order, from the lists that are carried out. */
export function plan(cells: readonly Cell[], options: PlanOptions = {}): Plan {
  const { skipped = [], warnings = [], attached, ...given } = options;
  const run: PlannedRun = {
    parallel: 1,
    suites: ({ workload }) => suitesOf(workload),
    results: 'test-results',
    ...given,
  };
  const parts = { cells, cellText, run, skipped, warnings, title: titleOf(cells, run.parallel, attached) };
  return attached === undefined
    ? makePlan({ ...parts, wayOf, after: afterCells(cells) })
    : makePlan({ ...parts, wayOf: attachedWay, after: [END] });
}

/** The steps after the last suite of the last cell. */
function afterCells([first]: readonly Cell[]): readonly RunStep[] {
  return first?.workload.shrink ? [REPLAY, END] : [END];
}

/** The place in a plan where failures are carried out again. */
const REPLAY: RunStep = {
  id: 'replay',
  name: 'replay failures',
  describe: ([first]) => {
    const { tries = 0, limit = 0 } = first?.workload.shrink ?? {};
    const bounds = `${tries === 1 ? '1 try' : `${tries} tries`} and ${limit / 1000} s a cell`;
    return `Replay failures: replay failed operations on fresh networks, within ${bounds}, and report the fewest that still fail.`;
  },
};

const END: RunStep = {
  id: 'destroy',
  name: 'end the run',
  describe: (_, { results }) =>
    `End the run: stop the processes that its cells share, check for leftovers, and write ${results}/run.json and junit.xml.`,
};

function titleOf(cells: readonly Cell[], parallel: number, attached: string | undefined): string {
  const [first] = cells;
  if (!first) return 'Nothing to run: no cell is selected.';
  const count = cells.length === 1 ? '1 cell' : `${cells.length} cells`;
  if (attached !== undefined) return `${count}, attached to namespace ${attached}; seed ${first.workload.seed}.`;
  const order = cells.length === 1 ? '' : parallel === 1 ? ', one after the other' : `, up to ${parallel} at once`;
  return `${count}${order}; provider ${providerText(first)}, JVM options ${first.jvm}, seed ${first.workload.seed}.`;
}

/** `kubernetes (deployment)`: what is not as it would be anyway. */
function providerText({ provider, workloadKind }: Cell): string {
  return workloadKind === undefined ? provider : `${provider} (${workloadKind})`;
}

function cellText({ name, pair, releases, known }: Cell): string {
  const declared = known ? ` Declared incompatible until ${known.until}: ${known.reason}` : '';
  return `Cell ${name}: ${pair ? sidesText(pair) : releasesText(releases)}.${declared}`;
}

function sidesText({ left, right }: Pair): string {
  const [leftCarries, rightCarries] = [cordappsText(left), cordappsText(right)];
  return leftCarries === rightCarries
    ? `left ${left.id}, right ${right.id}, CorDapps of both ${leftCarries}`
    : `left ${left.id} with CorDapps ${leftCarries}; right ${right.id} with CorDapps ${rightCarries}`;
}

function releasesText(releases: readonly Release[]): string {
  const byCordapps = [...grouped(releases, cordappsText)].map(([carried, group]) => ({ carried, ids: idsOf(group) }));
  const [only, another] = byCordapps;
  if (only && !another) return `${only.ids}, CorDapps of all ${only.carried}`;
  return byCordapps.map(({ carried, ids }) => `${ids} with CorDapps ${carried}`).join('; ');
}
