import type {
  Reporter,
  SerializedError,
  TestCase,
  TestModule,
  TestRunEndReason,
  TestSpecification,
  Vitest,
} from 'vitest/node';
import { relative } from 'node:path';
import type { Cell } from '../config/cell.ts';
import { availableMemoryMb, cellsAtOnce } from '../plan/memory.ts';
import type { Step } from '../support/step-error.ts';
import { suiteName, compareSuites } from '../plan/suites.ts';
import { select } from '../config/expand.ts';
import { numbersOf, renderPlan, type Plan } from '../plan/plan.ts';
import { createStepRunner } from '../plan/run-steps.ts';
import type { PlannedRun, ReadyStep, StepReport, Problem } from '../plan/steps.ts';
import { buildReport } from '../report/build-report.ts';
import { cellCount, failedCount } from '../judge/outcome.ts';
import type { RunReport } from '../judge/run-report.ts';
import { closingLine, progressLine, summaryLines, testLines } from '../report/terminal.ts';
import { createHub, type Hub } from '../hub/hub.ts';
import { openLeaseServer, type LeaseServer } from '../hub/lease-server.ts';
import type { Replayed } from '../hub/replay-failure.ts';
import { withLimit } from '../support/wait.ts';
import { newRunId } from '../cleanup/run-folder.ts';
import type { Progress } from '../support/progress.ts';
import { groupProjects } from './projects.ts';
import { testReport } from './read-module.ts';
import { replayFailures } from './replays.ts';
import { createReporter } from './reporter.ts';
import { clearResults, evidenceOf, writeReports } from './results.ts';
import { refuseOptions } from './refused-options.ts';
import { holdResults, reportFailedStart } from './results-folder.ts';
import { createRunModel } from './run-model.ts';
import { shardOf } from './sequencer.ts';
import { exitCode, isDeclaredOnly, runContext } from './session-options.ts';
import type { SessionOptions, SkippedCell } from './session-options.ts';

/** One run from its plan to its last line. It gets vitest's events, and owns the hub and the reports. */
export interface Session {
  readonly reporter: Reporter;
  /** Called when vitest knows which projects are selected; false when that was known already. */
  attach(vitest: Vitest): boolean;
  /** Opens the hub to workers. */
  open(): Promise<void>;
  /** Clears the folder of reports and prints the plan. */
  started(specifications: readonly TestSpecification[]): Promise<void>;
  testBegan(test: TestCase): void;
  testEnded(test: TestCase): void;
  moduleEnded(module: TestModule): void;
  /** A suite printed something. */
  said(text: string): void;
  ended(modules: readonly TestModule[], errors: readonly SerializedError[], reason: TestRunEndReason): void;
  /** The run stops early. */
  interrupt(by: string): void;
  /** Removes all networks, then writes the reports. Once; later calls wait for it. Never rejects. */
  finish(): Promise<void>;
}

const LEFT_EARLY =
  'the process ended before it saw every network gone. The reaper removes them, `corda-compat sweep` what it cannot';

interface Run {
  readonly id: string;
  readonly startedAt: Date;
  readonly began: number;
}

export function createSession(options: SessionOptions): Session {
  const { matrix, results, socket, write } = options;
  const model = createRunModel();
  const run: Run = { id: newRunId(new Date()), startedAt: new Date(), began: performance.now() };
  const problems: Problem[] = [];
  const replays = new Map<string, Replayed>();
  let vitest: Vitest | undefined;
  let cells: readonly Cell[] = [];
  let skipped: readonly SkippedCell[] = [];
  let hub: Hub | undefined;
  let server: LeaseServer | undefined;
  let hasStarted = false;
  let isFiltered = false;
  /** Cells whose last file has ended. */
  const over = new Set<string>();
  let interrupted: string | undefined;
  let finished: Promise<void> | undefined;
  let report: RunReport | undefined;
  let plan: Plan | undefined;
  let steps: readonly StepReport[] = [];
  let codeBefore: typeof process.exitCode;
  let giveBack: (() => Promise<void>) | undefined;

  const print = (lines: readonly string[]): void => lines.forEach((line) => write(`${line}\n`));
  const progress: Progress = {
    say: (text, cell) => print([progressLine(performance.now() - run.began, text, cell)]),
  };
  /** The user may have projects of its own beside the cells. */
  const isCell = (project: string): boolean => cells.some(({ name }) => name === project);
  const atOnce = cellsAtOnce(matrix, availableMemoryMb());

  async function end(): Promise<void> {
    if (hub) await afterCells(hub);
    const closed = server?.close() ?? Promise.resolve();
    await withLimit(closed, { name: 'closing the hub', limit: 10_000 }).catch((error: unknown) => {
      problems.push({ step: 'destroy', message: String(error) });
    });
    if (hasStarted) publish();
    // Lost already where somebody has removed the folder.
    await giveBack?.().catch(() => undefined);
  }

  /** Carries out the steps of the plan after its cells. */
  async function afterCells(networks: Hub): Promise<void> {
    // Their last steps come before those of the run.
    await networks.others();
    const work: Partial<Record<Step, () => Promise<void>>> = {
      replay: () => replay(networks),
      destroy: async () => void problems.push(...(await networks.close())),
    };
    const planned = plan?.steps.filter(({ step, shared }) => step && !shared) ?? [];
    const wanted = planned.filter(({ step }) => step?.id !== 'replay' || interrupted === undefined);
    const ready = wanted.flatMap(({ step }): ReadyStep[] => {
      const run = step && work[step.id];
      return run ? [{ ...step, run, always: () => true }] : [];
    });
    const runner = createStepRunner({
      say: (text) => progress.say(text),
      numbers: () => wanted.map(({ number }) => number),
    });
    const onProblem = (step: Step, error: unknown): void => void problems.push({ step, message: String(error) });
    await runner.run(ready, { signal: new AbortController().signal, unwind: 0, onFailure: () => undefined, onProblem });
    steps = runner.reports();
    if (!ready.some(({ id }) => id === 'destroy')) await work.destroy?.();
  }

  async function replay(networks: Hub): Promise<void> {
    const isInterrupted = (): boolean => interrupted !== undefined;
    const onReplayed = (cell: string, replayed: Replayed): void => void replays.set(cell, replayed);
    const order = { hub: networks, report: reportNow, cells, results, progress, isInterrupted, onReplayed };
    problems.push(...(await replayFailures(order)));
  }

  function plannedRun(specifications: readonly TestSpecification[]): PlannedRun {
    const { testNamePattern, tagsFilter } = vitest?.config ?? {};
    const only = [
      ...(testNamePattern ? [`only tests that match ${String(testNamePattern)}`] : []),
      ...(tagsFilter ? [`only tests with the tags ${tagsFilter.join(', ')}`] : []),
    ].join(' and ');
    const suites = ({ name }: Cell): readonly string[] =>
      specifications
        .filter(({ project }) => project.name === name)
        .map(({ moduleId }) => relative(options.root, moduleId))
        .toSorted(compareSuites)
        .map(suiteName);
    return { parallel: atOnce, suites, results: shownFolder(results), ...(only === '' ? {} : { only }) };
  }

  function reportNow(by = interrupted): RunReport {
    const records = hub?.records() ?? [];
    const evidence = (cell: string): string | undefined => evidenceOf(results, cell);
    const ended = { endedAt: new Date(), interrupted: by, filtered: isFiltered, steps };
    const facts = { ...run, ...ended, cells, skipped, records, evidence };
    return buildReport(model.facts({ ...facts, problems, replays }));
  }

  /** Vitest counts failed tests alone: a cell that fails without any counts as one. */
  function bailIfDue(): void {
    const bail = vitest?.config.bail ?? 0;
    if (bail === 0 || interrupted !== undefined) return;
    const cells = reportNow().cells.filter(({ name }) => over.has(name));
    const failed = cells.reduce((sum, cell) => sum + failedCount(cell) + cellCount(cell), 0);
    if (failed >= bail) void vitest?.cancelCurrentRun('test-failure');
  }

  /** Synchronous, since it may be the last thing that this process does. */
  function publish(): void {
    report = reportNow();
    writeReports(results, report);
    print(['', ...summaryLines(report), `results in ${results}: run.json, junit.xml, and the evidence named above`]);
    process.exitCode = exitCode(report, process.exitCode);
  }

  /** Prints the last line, after all output of vitest and other reporters. */
  function leave(): void {
    if (!vitest && process.exitCode) {
      const words = `the matrix has these cells: ${matrix.cells.map(({ name }) => name).join(', ')}`;
      print([words]);
      reportFailedStart(results, `the run chose no cell; ${words}`);
    }
    if (!hasStarted) return;
    if (!report) {
      interrupted ??= 'an early exit';
      problems.push({ step: 'destroy', message: LEFT_EARLY });
      publish();
    }
    if (report) print([closingLine(report)]);
  }
  process.on('exit', leave);

  const session: Session = {
    get reporter() {
      return reporter;
    },
    attach: (running) => {
      if (vitest) return false;
      if (running.config.watch) throw new Error('vitest failed to watch cells: they run once. Use `npx vitest run`.');
      vitest = running;
      const byName = new Map(running.projects.map((project) => [project.name, project]));
      const projects = matrix.cells.flatMap((cell) => byName.get(cell.name) ?? []);
      refuseOptions([running, ...projects]);
      const byCell = new Map(matrix.cells.map((cell) => [cell.name, cell]));
      const groups = groupProjects(projects, atOnce).map((group) =>
        group.flatMap(({ name }) => byCell.get(name) ?? []),
      );
      cells = groups.flat();
      const chosen = new Set(select(matrix.skipped?.map(({ cell }) => cell) ?? [], running.config.project));
      skipped = matrix.skipped?.filter(({ cell }) => chosen.has(cell)) ?? [];
      hub = createHub({
        groups,
        progress,
        numbers: (cell) => (plan ? numbersOf(plan, cell) : []),
        provisioner: () => options.createProvisioner(runContext(options, { id: run.id, vitest: running, progress })),
      });
      return true;
    },
    open: async () => {
      if (hub && !server) server = await openLeaseServer(hub, socket);
    },
    started: async (specifications) => {
      giveBack = await holdResults(results);
      hasStarted = true;
      const mine = shardOf(
        cells.map(({ name }) => name),
        vitest?.config.shard,
      );
      cells = cells.filter(({ name }) => mine.has(name));
      model.start(specifications.filter(({ project }) => isCell(project.name)));
      const all = (await vitest?.globTestSpecifications()) ?? [];
      const { testNamePattern, tagsFilter } = vitest?.config ?? {};
      isFiltered = testNamePattern !== undefined || tagsFilter !== undefined || specifications.length < all.length;
      clearResults(results);
      // What a run leaves that dies at once: CI publishes it, and the next run knows by it what is ours.
      writeReports(results, reportNow('a sudden end'));
      // A cell of which no suite is selected is never asked for.
      const wanted = cells.filter(({ name }) => specifications.some(({ project }) => project.name === name));
      plan = matrix.plan(wanted, plannedRun(specifications));
      print([renderPlan(plan), '']);
      // The first network comes up while its worker starts. A pattern may match nothing, and then nothing is to be fetched.
      const [first] = wanted;
      if (first && testNamePattern === undefined && tagsFilter === undefined) void hub?.lease(first.name);
    },
    testBegan: (test) => {
      const { name } = test.project;
      if (isCell(name)) hub?.suite(name, `${test.module.relativeModuleId} > ${test.fullName}`);
    },
    testEnded: (test) => {
      const result = testReport(test, interrupted !== undefined);
      if (result.state === 'passed' || result.state === 'failed' || (result.state === 'skipped' && !isFiltered)) {
        print(testLines(test.project.name, result));
      }
    },
    moduleEnded: (module) => {
      codeBefore = process.exitCode;
      if (!model.moduleEnded(module)) return;
      over.add(module.project.name);
      void hub?.release(module.project.name);
      bailIfDue();
    },
    said: write,
    ended: (modules, errors, reason) => {
      model.end(errors, reason);
      // What vitest has set for them just now: the report decides. What others set, before or after, stays.
      if (reason === 'failed' && errors.length === 0 && isDeclaredOnly(modules, cells)) process.exitCode = codeBefore;
    },
    interrupt: (by) => {
      if (report) return;
      interrupted = by;
      model.stop();
      progress.say(`${by}: stopping in order; a second signal ends the run at once`);
      hub?.interrupt(by);
    },
    finish: () => (finished ??= end()),
  };
  const reporter = createReporter(session);
  return session;
}

/** The name of a folder for readers: relative if it is below the working directory. */
function shownFolder(folder: string): string {
  const below = relative(process.cwd(), folder);
  return below === '' || below.startsWith('..') ? folder : below;
}
