import type { Cell } from '../config/cell.ts';
import type { Step, StepPlace } from '../support/step-error.ts';

/** What the plan says of a step: a sentence, and what it consists of. */
export interface Described {
  readonly text: string;
  readonly parts?: readonly string[];
}

/** What a plan knows of the run that it is for, beside its cells. */
export interface PlannedRun {
  /** Cells at once. */
  readonly parallel: number;
  /** Suites of a cell that were selected, in their order: names of bundled ones, files of the user's own. */
  readonly suites: (cell: Cell) => readonly string[];
  /** Of the selected suites, which tests alone run, in words; absent where all do. */
  readonly only?: string;
  /** Folder of reports and evidence, as the reader sees it. */
  readonly results: string;
}

interface StepBase<Context> {
  /** Its kind: seconds are counted by it. */
  readonly id: Step;
  /** A verb and its object, for progress and failures: `make the tables`. What is said of it begins with the same words. */
  readonly name: string;
  /** @throws StepError, or any error: then this machine is to blame */
  readonly run: (context: Context) => Promise<void>;
}

/** A step whose work cells share: it is done once for what several of them need, when the first of them comes to it. */
export interface SharedStep<Context> extends StepBase<Context> {
  readonly describe: (cells: readonly Cell[]) => Described;
}

/** A step of one cell. */
export interface CellStep<Context> extends StepBase<Context> {
  readonly describe: (cell: Cell, run: PlannedRun) => string;
  /** Milliseconds that its waits have, each of which ends it in words of its own; absent: as long as the whole way up has. */
  readonly limit?: (cell: Cell) => number;
  /** Begins here and goes on while later steps run; one of them waits for it. */
  readonly meanwhile?: true;
  /** Runs whatever became of the steps before, where there is something for it, within its limit. */
  readonly always?: (context: Context) => boolean;
}

/** How a cell comes to life and goes again: all that is done for it, in order. */
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
  /** Names of what was waited for. */
  readonly waits: readonly string[];
  readonly failed?: true;
}

/** Something that went wrong beside the tests: a teardown that failed, an error that nobody caught. */
export interface Problem {
  readonly step: Step;
  /** Its place in the plan; absent where no step of the plan was going on. */
  readonly at?: StepPlace;
  readonly message: string;
}
