import type { SerializedError, TestModule, TestSpecification } from 'vitest/node';
import type { Cell } from '../config/cell.ts';
import type { Release } from '../config/release.ts';
import type { CellFacts, RunFacts, TestReport } from '../judge/run-report.ts';
import type { CellRecord } from '../hub/hub.ts';
import type { Replayed } from '../hub/replay-failure.ts';
import { testError } from './read-error.ts';
import { fileErrorOf, testsOf } from './read-module.ts';
import type { StepReport, Problem } from '../plan/steps.ts';
import type { SkippedCell } from './session-options.ts';
import { reportedFile } from './suite-files.ts';
import { compareSuites } from '../plan/suites.ts';
import type { ReleaseReport } from '../releases/artefacts.ts';

/** Errors of vitest's own that a dead worker leaves; the tests that never ran say it better. */
const POOL_ERROR = /^\[vitest-pool\]/;

export interface RunEnd {
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly interrupted: string | undefined;
  readonly filtered: boolean;
  /** Every cell that was selected, in order. */
  readonly cells: readonly Cell[];
  /** Selected cells that the run leaves out on purpose. */
  readonly skipped: readonly SkippedCell[];
  readonly records: readonly CellRecord[];
  readonly problems: readonly Problem[];
  /** Steps of the run itself, after its cells. */
  readonly steps: readonly StepReport[];
  readonly evidence: (cell: string) => string | undefined;
  /** Replays, by cell. */
  readonly replays: ReadonlyMap<string, Replayed>;
}

/** Vitest's events of a run, kept for the report. */
export interface RunModel {
  start(specifications: readonly TestSpecification[]): void;
  /** The file is over; true when it was the cell's last one. */
  moduleEnded(module: TestModule): boolean;
  /** The run is stopped: cells with files left are not at their end. */
  stop(): void;
  end(errors: readonly SerializedError[], reason: 'passed' | 'failed' | 'interrupted'): void;
  facts(end: RunEnd): RunFacts;
}

export function createRunModel(): RunModel {
  /** Files by cell, in the order in which they run; a file has a module as soon as a worker has taken it. */
  const files = new Map<string, TestSpecification[]>();
  const open = new Map<string, Set<string>>();
  let uncaught: readonly SerializedError[] = [];
  let cancelled = false;
  let stopped: ReadonlySet<string> = new Set();

  function cellFacts(cell: Cell, end: RunEnd, isStopped: boolean): CellFacts {
    const modules = files.get(cell.name) ?? [];
    const record = end.records.find((one) => one.cell === cell.name);
    const evidence = end.evidence(cell.name);
    const replayed = end.replays.get(cell.name);
    return {
      ...ownFacts(cell, record?.releases ?? []),
      ...(record?.failure ? { failure: record.failure } : {}),
      ...(stopped.has(cell.name) ? { stopped: true } : {}),
      ...(record?.warnings ? { warnings: record.warnings } : {}),
      tests: modules.flatMap((file) => reportsOf(file, isStopped)),
      fileErrors: modules.flatMap(({ testModule }) => (testModule ? (fileErrorOf(testModule) ?? []) : [])),
      problems: [...(record?.problems ?? []), ...(replayed?.problems ?? [])],
      ...(replayed ? { replay: replayed.report } : {}),
      timings: record?.timings ?? [],
      ...(record ? { steps: record.steps } : {}),
      ...(record?.metrics ? { metrics: record.metrics } : {}),
      ...(evidence === undefined ? {} : { evidence }),
    };
  }

  return {
    start: (specifications) => {
      const inOrder = [...specifications].sort((left, right) => compareSuites(left.moduleId, right.moduleId));
      for (const file of inOrder) {
        const cell = file.project.name;
        files.set(cell, [...(files.get(cell) ?? []), file]);
        open.set(cell, (open.get(cell) ?? new Set()).add(file.moduleId));
      }
    },
    moduleEnded: (module) => {
      const left = open.get(module.project.name);
      return left?.delete(module.moduleId) === true && left.size === 0;
    },
    stop: () => {
      stopped = new Set([...open].flatMap(([cell, left]) => (left.size > 0 ? [cell] : [])));
    },
    end: (errors, reason) => {
      uncaught = errors;
      cancelled = reason === 'interrupted';
    },
    facts: (end) => {
      const bailed = cancelled && end.interrupted === undefined;
      const cells = end.cells.map((cell) => cellFacts(cell, end, cancelled || end.interrupted !== undefined));
      const { id, interrupted, filtered } = end;
      return {
        id,
        startedAt: end.startedAt.toISOString(),
        endedAt: end.endedAt.toISOString(),
        ...(interrupted === undefined ? {} : { interrupted }),
        bailed,
        filtered,
        cells: [...cells, ...end.skipped.map(skippedFacts)],
        problems: [...end.problems, ...uncaughtProblems(uncaught, cells, end)],
        ...(end.steps.length > 0 ? { steps: end.steps } : {}),
      };
    },
  };
}

function skippedFacts({ cell, reason }: SkippedCell): CellFacts {
  return { ...ownFacts(cell, []), skipped: reason, tests: [], fileErrors: [], problems: [], timings: [] };
}

/** The facts of a cell from the matrix. @param made the facts of its releases, as far as they are resolved */
function ownFacts(cell: Cell, made: readonly ReleaseReport[]) {
  const { name, provider, workload, known } = cell;
  return { name, ...madeOf(cell, made), provider, seed: workload.seed, ...(known ? { known } : {}) };
}

function reportsOf({ testModule, moduleId, project }: TestSpecification, stopped: boolean): TestReport[] {
  const tests = testModule ? testsOf(testModule, stopped) : [];
  if (tests.length > 0 || (testModule && testModule.state() !== 'pending' && testModule.state() !== 'queued'))
    return tests;
  const file = reportedFile(moduleId, project.config.root);
  return [{ file, name: '(the whole file)', state: 'not-run', tookMs: 0, errors: [], words: [] }];
}

function uncaughtProblems(errors: readonly SerializedError[], cells: readonly CellFacts[], end: RunEnd): Problem[] {
  const explained =
    end.interrupted !== undefined || cells.some((cell) => cell.tests.some((test) => test.state === 'not-run'));
  return errors
    .filter((error) => !(explained && POOL_ERROR.test(error.message)))
    .map((error) => {
      const { message, stack } = testError(error);
      return { step: 'suites', message: `uncaught error: ${stack ?? message}` };
    });
}

/** A pair's left and right, or the releases of a mixed cell. */
function madeOf({ pair, releases }: Cell, known: readonly ReleaseReport[]): Partial<CellFacts> {
  const reportOf = ({ id }: Release): ReleaseReport =>
    known.find(({ release }) => release === id) ?? { release: id, cordapps: [] };
  return pair ? { left: reportOf(pair.left), right: reportOf(pair.right) } : { releases: releases.map(reportOf) };
}
