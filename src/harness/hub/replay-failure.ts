import { basename } from 'node:path';
import type { Cell, ReplayLimits } from '../config/cell.ts';
import type { ReplayReport, ReplayTry } from '../judge/replay/report.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import { classesOf, type FailureClass } from '../judge/replay/failure-class.ts';
import { courseOf, type Chosen } from '../judge/replay/history.ts';
import { search, type Answer, type Found, type Try } from '../judge/replay/search.ts';
import { storyOf } from '../judge/replay/story.ts';
import type { TestReport } from '../judge/run-report.ts';
import type { Progress } from '../support/progress.ts';
import type { OtherNetworks } from './hub.ts';
import { tryAgain, type CarriedOut } from './replay-try.ts';
import { ranIn, type CellRun } from '../evidence/stored-cell.ts';
import type { Problem } from '../plan/steps.ts';

export interface ReplayOrder {
  readonly cell: Cell;
  readonly limits: ReplayLimits;
  /** Folder of the cell's evidence. */
  readonly folder: string;
  readonly failedTests: readonly Pick<TestReport, 'file' | 'name'>[];
  readonly networks: OtherNetworks;
  readonly progress: Progress;
}

export interface Replayed {
  readonly report: ReplayReport;
  /** Failures of the removal of networks. */
  readonly problems: readonly Problem[];
}

/** The suite that judges what all others did. */
const JUDGING_SUITE = 'vault';

/**
 * Carries the operations of a cell that failed out again, on networks of their own, and looks with how few of them the failure
 * comes back. Never rejects.
 * @returns undefined where no operation of the cell failed, or its evidence cannot be read
 */
export async function replayFailure(order: ReplayOrder): Promise<Replayed | undefined> {
  const run = await ranIn(order.folder);
  const failures = run ? classesOf(run) : [];
  return run && failures.length > 0 ? await new Replay(order, run, failures).carryOut() : undefined;
}

const CHANGED = 'a suite stopped, started or upgraded nodes, and without that nothing failed';

class Replay {
  readonly #order: ReplayOrder;
  readonly #run: CellRun;
  readonly #failures: readonly FailureClass[];
  readonly #happened = new Map<number, CarriedOut>();
  readonly #problems: Problem[] = [];
  readonly #late = new AbortController();
  readonly #signal: AbortSignal;

  constructor(order: ReplayOrder, run: CellRun, failures: readonly FailureClass[]) {
    this.#order = order;
    this.#run = run;
    this.#failures = failures;
    this.#signal = AbortSignal.any([order.networks.interrupted, this.#late.signal]);
  }

  async carryOut(): Promise<Replayed> {
    const { cell, limits, progress } = this.#order;
    const began = performance.now();
    const late = (): void => this.#late.abort(new Error(`the limit of ${limits.limit / 1000} s is over`));
    const timer = setTimeout(late, limits.limit);
    try {
      const found = await search({
        history: this.#run.history,
        failures: this.#failures,
        tries: limits.tries,
        carryOut: (operations, number) => this.#try(operations, number),
      });
      const report = this.#reportOf(this.#faithful(found), performance.now() - began);
      progress.say(`replayed: ${report.story[0] ?? ''}`, cell.name);
      return { report, problems: this.#problems };
    } finally {
      clearTimeout(timer);
    }
  }

  async #try(chosen: Chosen, number: number): Promise<Answer> {
    const { cell, limits, networks, progress } = this.#order;
    const { history } = this.#run;
    const what = `replaying ${chosen.size} of ${history.entries.length} operations`;
    progress.say(`${what} on a fresh network (try ${number} of ${limits.tries})`, cell.name);
    const signal = this.#signal;
    const tried = await tryAgain({
      place: networks.make({ ...cell, name: nameOf(cell, number), replayOf: cell.name }, signal),
      operations: history.entries.flatMap(({ operation }) => (chosen.has(operation.id) ? [operation] : [])),
      course: courseOf(history, chosen),
      isEnough: (entries) => this.#shows(entries),
      signal,
    });
    this.#problems.push(
      ...tried.problems.map(({ message, ...problem }) => ({ ...problem, message: `try ${number}: ${message}` })),
    );
    if ('why' in tried) return { why: tried.why };
    this.#happened.set(number, tried);
    return { classes: classesOf(tried) };
  }

  /** Whether one of the operations that failed has failed again: what the vaults say of it follows from that. */
  #shows(entries: readonly JournaledOperation[]): boolean {
    const failed = classesOf({ entries, findings: [], parties: [] }).map(({ key }) => key);
    return this.#failures.some(({ key }) => failed.includes(key));
  }

  /** Only operations are carried out again: that they are fine without what was done to nodes meanwhile says nothing. */
  #faithful(found: Found): Found {
    const { cell, networks } = this.#order;
    if (found.result !== 'gone' || !networks.wasChanged(cell.name)) return found;
    return { ...found, result: 'unknown', stopped: CHANGED };
  }

  #reportOf(found: Found, tookMs: number): ReplayReport {
    const { cell, failedTests } = this.#order;
    const { history, ...run } = this.#run;
    const evidence = (number: number): string => `${nameOf(cell, number)}/`;
    const { result, smallest, looked, seen, stopped, tries } = found;
    const { seed } = cell.workload;
    const unexplained = failedTests
      .filter((test) => !this.#explains(test))
      .map(({ file, name }) => `${file} > ${name}`);
    const story = storyOf({ found, failures: this.#failures, run, happened: this.#happened, seed, evidence });
    const rest = unexplained.map((test) => `no operation of it, so it was not tried again: ${test}`);
    return {
      result,
      story: result === 'gone' ? [...story, ...rest] : story,
      operations: history.entries.length,
      ...(smallest ? { enough: smallest.operations.size, evidence: evidence(smallest.number) } : {}),
      looked,
      seen,
      tries: tries.map((one) => ({ ...tryOf(one, found), evidence: evidence(one.number) })),
      ...(stopped === undefined ? {} : { stopped }),
      unexplained,
      tookMs: Math.round(tookMs),
    };
  }

  #explains({ file, name }: Pick<TestReport, 'file' | 'name'>): boolean {
    const [suite] = basename(file).split('.');
    return suite === JUDGING_SUITE || this.#run.entries.some(({ operation }) => operation.by === name);
  }
}

function tryOf({ operations, answer }: Try, { failure }: Found): Omit<ReplayTry, 'evidence'> {
  if ('why' in answer) return { operations: operations.size, result: 'unknown' };
  const failed = answer.classes.some(({ key }) => key === failure?.key);
  return { operations: operations.size, result: failed ? 'failed' : 'fine' };
}

/** Name of a try's network; its evidence lies in the folder of that name. */
function nameOf(cell: Cell, number: number): string {
  return `${cell.name}/replay-${number}`;
}
