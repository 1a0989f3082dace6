import type { NamedFailure } from '../support/about.ts';
import { stepWords } from '../support/step-error.ts';
import { failuresOf, namedStep, namesOf, type Failure, type Failures } from './failures.ts';
import type { CellFacts, CellReport, RunFacts, TestReport, Totals } from './run-report.ts';

export interface Verdict {
  readonly outcome: Outcome;
  /** One sentence. */
  readonly because: string;
  /** Names of the failures about the releases. */
  readonly failures?: readonly string[];
}

/** Facts about the run that `judgeCell` needs. */
export type RunAround = Pick<RunFacts, 'interrupted' | 'bailed' | 'filtered' | 'endedAt'>;

/**
 * The one outcome of a cell. Only failures about the releases make it `incompatible`, and they do even if the cell has other faults. The
 * exceptions are a lost node, for which no release is to blame, and a cell that the run stopped.
 */
export function judgeCell(cell: CellFacts, run: RunAround): Verdict {
  if (cell.skipped !== undefined) return { outcome: 'skipped', because: cell.skipped };
  const { failure } = cell;
  const isLost = failure?.step === 'suites';
  const failures = failuresOf(cell);
  const { found } = failures;
  const by = stoppedBy(cell, run);
  if (isLost && by === undefined) return ofFailure(cell, run, failure);
  if (by !== undefined && (isLost || !failure)) return interrupted(by, found);
  if (found.length > 0) return ofFound(cell, run, failures);
  if (failure) return ofFailure(cell, run, failure);
  return withoutVerdict(cell, run, failures) ?? flaky(cell) ?? complete(cell, run);
}

/** The stop of the run, if the cell was not at its end: what failed then may have failed by it. */
function stoppedBy(cell: CellFacts, { interrupted: by }: RunAround): string | undefined {
  return stateCount(cell, 'not-run') > 0 || (cell.stopped === true && failedCount(cell) > 0) ? by : undefined;
}

function ofFound(cell: CellFacts, run: RunAround, failures: Failures): Verdict {
  const { found } = failures;
  const because = foundWords(found);
  const names = namesOf(found);
  return (
    seenOnce(cell, because) ??
    undeclared(cell, run, because, names) ??
    withoutVerdict(cell, run, failures) ??
    known(cell, because, names)
  );
}

/** The first line, with the next one where it announces that. */
function headline(message: string): string {
  return (/^.*(?::\n.*)?/.exec(message)?.[0] ?? '').replace('\n', ' ');
}

function foundWords(found: readonly Failure[]): string {
  return `${count(found.length, 'test')} failed, first: ${found[0]?.place ?? ''}`;
}

/** True if only operations failed, and none of them failed in the replay. */
function seenOnce({ replay }: CellFacts, because: string): Verdict | undefined {
  if (replay?.result !== 'gone' || replay.unexplained.length > 0) return undefined;
  return { outcome: 'flaky', because: `same seed, two answers: ${because}; the replay had no failure` };
}

/** A test that its suite tried again. */
function flaky({ tests }: CellFacts): Verdict | undefined {
  const retried = tests.find((test) => test.retried);
  if (!retried) return undefined;
  return { outcome: 'flaky', because: `${retried.file} > ${retried.name} passed only when it was tried again` };
}

/** A declaration counts until the end of its day, in UTC. */
function isDeclared(cell: Pick<CellFacts, 'known'>, run: Pick<RunAround, 'endedAt'>): boolean {
  return cell.known !== undefined && run.endedAt.slice(0, 10) <= cell.known.until;
}

/** Incompatible, unless the matrix declares each of these failures. */
function undeclared(
  cell: CellFacts,
  run: RunAround,
  because: string,
  names: readonly NamedFailure[],
): Verdict | undefined {
  const verdict = { outcome: 'incompatible', failures: unique(names) } as const;
  if (!cell.known) return { ...verdict, because };
  const { reason, until, failures } = cell.known;
  if (!isDeclared(cell, run)) {
    return { ...verdict, because: `${because} (the declaration ended on ${until}: ${reason})` };
  }
  const others = names.filter(
    ({ name, message }) => !failures.some((one) => one.name === name && message.includes(one.words ?? '')),
  );
  if (others.length === 0) return undefined;
  return { ...verdict, because: `${because}; "known" declares other failures, not: ${unique(others).join('; ')}` };
}

function known({ known: declared }: CellFacts, because: string, names: readonly NamedFailure[]): Verdict {
  const { until = '', reason = '' } = declared ?? {};
  return { outcome: 'known', because: `declared until ${until}: ${reason} (${because})`, failures: unique(names) };
}

/**
 * The counts of the last line are tests. A file that failed as a whole counts as one failed, and so does a cell that failed without a
 * failed test or file, and each problem. Failures that were declared count as skipped, and so does each cell that was left out.
 */
export function countTotals(cells: readonly CellReport[], problems: number): Totals {
  const sum = (of: (cell: CellReport) => number): number => cells.reduce((total, cell) => total + of(cell), 0);
  const declared = (cell: CellReport): number => (cell.outcome === 'known' ? failedCount(cell) : 0);
  return {
    passed: sum((cell) => stateCount(cell, 'passed')),
    failed: problems + sum((cell) => failedCount(cell) - declared(cell) + cell.problems.length + cellCount(cell)),
    skipped: sum((cell) => stateCount(cell, 'skipped') + declared(cell) + (cell.outcome === 'skipped' ? 1 : 0)),
  };
}

/** 1 if the cell failed without a failed test or file: tests that never ran for its cause are not counted. */
export function cellCount(cell: CellReport): 0 | 1 {
  return failsRun(cell.outcome) && failedCount(cell) === 0 ? 1 : 0;
}

/** Failed tests, and files that failed as a whole. */
export function failedCount(cell: Pick<CellFacts, 'tests' | 'fileErrors'>): number {
  return stateCount(cell, 'failed') + cell.fileErrors.length;
}

function ofFailure(cell: CellFacts, run: RunAround, failure: NonNullable<CellFacts['failure']>): Verdict {
  const because = `${stepWords(failure)}: ${failure.message}`;
  if (failure.outcome !== 'incompatible') return { outcome: failure.outcome, because };
  const names = [namedStep(failure)];
  const words = failure.at ? because : failure.message;
  return undeclared(cell, run, words, names) ?? known(cell, words, names);
}

/** Something failed that says nothing about the releases, or not all that was selected has run. */
function withoutVerdict(cell: CellFacts, run: RunAround, { others, unsound }: Failures): Verdict | undefined {
  const [first] = others;
  if (first) {
    const more = others.length > 1 ? ` (and ${others.length - 1} more)` : '';
    const after = unsound.length > 0 ? `; ${count(unsound.length, 'failure')} after it may follow from it` : '';
    const words = `${headline(first.error.message)}${more}${after}`;
    return {
      outcome: 'blocked',
      because: `${first.place}: ${words}; this is about the ${first.error.about}, not the releases`,
    };
  }
  const missing = stateCount(cell, 'not-run');
  if (missing === 0) return undefined;
  if (run.bailed)
    return { outcome: 'interrupted', because: `--bail stopped the run; ${count(missing, 'test')} never ran` };
  return { outcome: 'blocked', because: `suites: the worker ended before ${count(missing, 'test')} had a result` };
}

function complete(cell: CellFacts, run: RunAround): Verdict {
  const passed = stateCount(cell, 'passed');
  if (passed === 0 && run.interrupted !== undefined) return interrupted(run.interrupted, []);
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

function interrupted(by: string, found: readonly Failure[]): Verdict {
  const stopped = `${by} stopped the run`;
  if (found.length === 0) return { outcome: 'interrupted', because: stopped };
  return {
    outcome: 'interrupted',
    because: `${stopped}; until then: ${foundWords(found)}`,
    failures: unique(namesOf(found)),
  };
}

function unique(failures: readonly NamedFailure[]): readonly string[] {
  return [...new Set(failures.map(({ name }) => name))];
}

function stateCount(cell: Pick<CellFacts, 'tests'>, state: TestReport['state']): number {
  return cell.tests.filter((test) => test.state === state).length;
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
