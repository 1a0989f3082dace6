import type { Cell } from '../config/cell.ts';
import type { Step, StepPlace } from '../support/step-error.ts';

/** A step's text in the plan: a sentence, and its parts. */
export interface Described {
  readonly text: string;
  readonly parts?: readonly string[];
}

/** The facts of a run that its plan needs, beside its cells. */
export interface PlannedRun {
  /** Cells at once. */
  readonly parallel: number;
  /** Suites of a cell that were selected, in their order: names of bundled ones, files of the user's own. */
  readonly suites: (cell: Cell) => readonly string[];
  /** The tests of the selected suites that alone run, in words; absent if all run. */
  readonly only?: string;
  /** Folder of reports and evidence, as the user sees it. */
  readonly results: string;
}

interface StepBase<Context> {
  /** Its kind, which counts its seconds. */
  readonly id: Step;
  /**
   * A verb and its object, for progress and failures: `make the tables`. Its description begins with the same words.
   */
  readonly name: string;
  /** @throws StepError, or any error: then this machine is to blame */
  readonly run: (context: Context) => Promise<void>;
}

/** A step whose work cells share. The first cell that comes to it does it once for all that need it. */
export interface SharedStep<Context> extends StepBase<Context> {
  readonly describe: (cells: readonly Cell[]) => Described;
}

/** A step of one cell. */
export interface CellStep<Context> extends StepBase<Context> {
  readonly describe: (cell: Cell, run: PlannedRun) => string;
  /**
   * The limit of its waits, in milliseconds. Each wait ends with a message of its own. Absent: the limit of bringing
   * up the whole network.
   */
  readonly limit?: (cell: Cell) => number;
  /** Begins here and goes on while later steps run; one of them waits for its end. */
  readonly meanwhile?: true;
  /** Runs whatever the result of earlier steps, if it has something to do, within its limit. */
  readonly always?: (context: Context) => boolean;
}

/** A cell's way to life and to teardown: all its steps, in order. */
export interface Way<Context> {
  readonly shared: readonly SharedStep<Context>[];
  readonly own: readonly CellStep<Context>[];
}

/** A step of one cell that is ready to run. */
export interface ReadyStep {
  readonly id: Step;
  readonly name: string;
  readonly limit?: number;
  readonly meanwhile?: true;
  readonly always?: () => boolean;
  readonly run: () => Promise<void>;
}

/** The steps of a way for one cell: those that the plan names, in its order. */
export function readySteps<Context>(way: Way<Context>, cell: Cell, context: Context): readonly ReadyStep[] {
  const shared = way.shared.map(({ id, name, run }) => ({ id, name, run: () => run(context) }));
  const own = way.own.map((step): ReadyStep => {
    const { id, name, meanwhile } = step;
    return {
      id,
      name,
      run: () => step.run(context),
      ...(step.limit ? { limit: step.limit(cell) } : {}),
      ...(meanwhile ? { meanwhile } : {}),
      ...(step.always ? { always: () => step.always?.(context) ?? false } : {}),
    };
  });
  return [...shared, ...own];
}

export interface Timing {
  readonly phase: Step;
  /** Milliseconds. */
  readonly tookMs: number;
}

/** A step of the plan that was carried out. */
export interface StepReport extends StepPlace, Timing {
  /** ISO time. */
  readonly startedAt: string;
  /** Names of its waits. */
  readonly waits: readonly string[];
  readonly failed?: true;
}

/** A fault beside the tests: a failed teardown, or an error that no test caught. */
export interface Problem {
  readonly step: Step;
  /** Its place in the plan; absent if no step of the plan was running. */
  readonly at?: StepPlace;
  readonly message: string;
}
