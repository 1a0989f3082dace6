import { stepWords } from '../support/step-error.ts';
import type { CellFacts, CellReport, RunFacts, TestReport, Totals } from './run-report.ts';

export interface Verdict {
  readonly outcome: Outcome;
  /** One sentence. */
  readonly because: string;
}

/** Facts about the run that `judgeCell` needs. */
export type RunAround = Pick<RunFacts, 'interrupted' | 'bailed' | 'filtered' | 'endedAt'>;

/**
 * The one outcome of a cell. Failed tests decide first: they are evidence even if the cell has other faults. The exception is a lost
 * node: no release is to blame for it.
 */
export function judgeCell(cell: CellFacts, run: RunAround): Verdict {
  if (cell.skipped !== undefined) return { outcome: 'skipped', because: cell.skipped };
  if (cell.failure?.step === 'suites' && run.interrupted === undefined) return ofFailure(cell, run, cell.failure);
  const failed = cell.tests.filter((test) => test.state === 'failed');
  if (failed.length > 0) {
    const because = `${count(failed.length, 'test')} failed, first: ${nameOf(failed[0])}`;
    return seenOnce(cell, because) ?? incompatible(cell, run, because);
  }
  if (cell.failure) return ofFailure(cell, run, cell.failure);
  return cutShort(cell, run) ?? complete(cell, run);
}

/** True if only operations failed, and none of them failed in the replay. */
function seenOnce({ replay }: CellFacts, because: string): Verdict | undefined {
  if (replay?.result !== 'gone' || replay.unexplained.length > 0) return undefined;
  return { outcome: 'flaky', because: `same seed, two answers: ${because}; the replay had no failure` };
}

/** A declaration counts until the end of its day, in UTC. */
function isDeclared(cell: Pick<CellFacts, 'known'>, run: Pick<RunAround, 'endedAt'>): boolean {
  return cell.known !== undefined && run.endedAt.slice(0, 10) <= cell.known.until;
}

/**
 * The counts of the last line are tests. A cell that failed without a failed test counts as one failed, and so does each problem.
 * Failures that were declared count as skipped, and so does each cell that was left out.
 */
export function countTotals(cells: readonly CellReport[], problems: number): Totals {
  const sum = (of: (cell: CellReport) => number): number => cells.reduce((total, cell) => total + of(cell), 0);
  const declared = (cell: CellReport): number => (cell.outcome === 'known' ? stateCount(cell, 'failed') : 0);
  return {
    passed: sum((cell) => stateCount(cell, 'passed')),
    failed:
      problems + sum((cell) => stateCount(cell, 'failed') - declared(cell) + cell.problems.length + cellCount(cell)),
    skipped: sum((cell) => stateCount(cell, 'skipped') + declared(cell) + (cell.outcome === 'skipped' ? 1 : 0)),
  };
}

/** 1 if the cell failed without a failed test. */
export function cellCount(cell: CellReport): 0 | 1 {
  return failsRun(cell.outcome) && stateCount(cell, 'failed') === 0 ? 1 : 0;
}

function ofFailure(cell: CellFacts, run: RunAround, failure: NonNullable<CellFacts['failure']>): Verdict {
  const because = `${stepWords(failure)}: ${failure.message}`;
  if (failure.outcome === 'incompatible') return incompatible(cell, run, failure.at ? because : failure.message);
  return { outcome: failure.outcome, because };
}

function incompatible(cell: CellFacts, run: RunAround, because: string): Verdict {
  if (!cell.known) return { outcome: 'incompatible', because };
  const { reason, until } = cell.known;
  if (isDeclared(cell, run)) return { outcome: 'known', because: `declared until ${until}: ${reason} (${because})` };
  return { outcome: 'incompatible', because: `${because} (the declaration ended on ${until}: ${reason})` };
}

/** Not all that was selected has run. */
function cutShort(cell: CellFacts, run: RunAround): Verdict | undefined {
  const broken = cell.fileErrors[0];
  if (broken) {
    const why = `suites: ${broken.file}: ${broken.errors[0]?.message ?? 'failed as a whole'}`;
    return run.interrupted === undefined ? { outcome: 'blocked', because: why } : interrupted(run.interrupted);
  }
  const missing = cell.tests.filter((test) => test.state === 'not-run').length;
  if (missing === 0) return undefined;
  if (run.interrupted !== undefined) return interrupted(run.interrupted);
  if (run.bailed)
    return { outcome: 'interrupted', because: `--bail stopped the run; ${count(missing, 'test')} never ran` };
  return { outcome: 'blocked', because: `suites: the worker ended before ${count(missing, 'test')} had a result` };
}

function complete(cell: CellFacts, run: RunAround): Verdict {
  const passed = stateCount(cell, 'passed');
  if (passed === 0 && run.interrupted !== undefined) return interrupted(run.interrupted);
  if (passed === 0) return { outcome: 'blocked', because: `suites: no test was executed (${whyNone(cell, run)})` };
  const because = `${count(passed, 'test')} passed`;
  if (!isDeclared(cell, run)) return { outcome: 'compatible', because };
  if (run.filtered)
    return { outcome: 'compatible', because: `${because}, of some of the suites only; declared incompatible` };
  return {
    outcome: 'fixed',
    because: `${because}, yet the matrix declares it incompatible: remove the entry in "known"`,
  };
}

function whyNone(cell: CellFacts, run: RunAround): string {
  if (cell.tests.length === 0) return 'no suite file was found';
  return run.filtered ? `the filter left none of ${cell.tests.length}` : `all ${cell.tests.length} were skipped`;
}

function interrupted(by: string): Verdict {
  return { outcome: 'interrupted', because: `${by} stopped the run` };
}

function stateCount(cell: Pick<CellFacts, 'tests'>, state: TestReport['state']): number {
  return cell.tests.filter((test) => test.state === state).length;
}

function nameOf(test: TestReport | undefined): string {
  return test ? `${test.file} > ${test.name}` : '';
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The outcomes of a cell (docs/terminology.md). */
export type Outcome =
  'compatible' | 'incompatible' | 'known' | 'fixed' | 'flaky' | 'blocked' | 'not-built' | 'skipped' | 'interrupted';

/** Outcomes that make the run fail. */
export function failsRun(outcome: Outcome): boolean {
  return outcome !== 'compatible' && outcome !== 'known' && outcome !== 'skipped';
}
