import type { KnownIncompatibility, ProviderName } from '../config/cell.ts';
import type { MetricSample } from './metrics.ts';
import type { Mark } from '../support/about.ts';
import type { StepFailure } from '../support/step-error.ts';
import type { StepReport, Timing, Problem } from '../plan/steps.ts';
import type { ReplayReport } from './replay/report.ts';
import type { DirectionReport } from './directions.ts';
import type { ReleaseReport } from '../releases/artefacts.ts';
import type { Outcome } from './outcome.ts';

/** Version of run.json. Readers refuse versions that they do not know. */
export const RUN_SCHEMA = 'corda-compat/run/1';

export interface TestError extends Mark {
  readonly message: string;
  readonly stack?: string;
}

/** Release ids of a payer and a payee. */
export interface Direction {
  readonly from: string;
  readonly to: string;
}

/** `not-run`: selected, but its worker ended or the run stopped before it had a result. */
export type TestState = 'passed' | 'failed' | 'skipped' | 'not-run';

export interface TestReport {
  /** Path from the project's root, for example `suites/pay.test.ts`. */
  readonly file: string;
  /** Names of the describe blocks and of the test, joined by ` > `. */
  readonly name: string;
  readonly state: TestState;
  /** Milliseconds. */
  readonly tookMs: number;
  /** The reason for a skip, if the suite gives one. */
  readonly reason?: string;
  /** The direction that the suite names in `meta`. */
  readonly direction?: Direction;
  readonly errors: readonly TestError[];
  /** It passed only when it was tried again, as its suite asks. */
  readonly retried?: true;
  /** Log lines of the nodes beside a failure. */
  readonly words: readonly string[];
}

/** An error of a file as a whole: it could not be loaded, or a hook of it failed. */
export interface FileError {
  readonly file: string;
  readonly errors: readonly TestError[];
}

/** Facts about a cell at the end of the run. `judgeCell` makes its outcome from them. */
export interface CellFacts {
  readonly name: string;
  /** Release ids of a pair. */
  readonly left?: ReleaseReport;
  readonly right?: ReleaseReport;
  /** Release ids of a mixed cell, oldest first. */
  readonly releases?: readonly ReleaseReport[];
  readonly provider: ProviderName;
  readonly seed: number;
  readonly known?: KnownIncompatibility;
  /** Why policy leaves the cell out; such a cell has nothing else. */
  readonly skipped?: string;
  /** Why there was no network. */
  readonly failure?: StepFailure;
  /** The run was stopped before the end of its last file. */
  readonly stopped?: true;
  /** What is not as it would be in a real network, and fails no test. */
  readonly warnings?: readonly string[];
  readonly tests: readonly TestReport[];
  readonly fileErrors: readonly FileError[];
  readonly problems: readonly Problem[];
  readonly timings: readonly Timing[];
  /** Steps of the plan that were carried out, in the order of their ends. */
  readonly steps?: readonly StepReport[];
  /** Figures of its trade. */
  readonly metrics?: readonly MetricSample[];
  /** The replay of its failure. */
  readonly replay?: ReplayReport;
  /** Folder of the cell's evidence, from the folder of the reports. */
  readonly evidence?: string;
}

export interface RunFacts {
  readonly id: string;
  /** ISO times. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** The signal or the event that stopped the run early, for example `SIGINT`. */
  readonly interrupted?: string;
  /** `--bail` stopped the run after its first failures. */
  readonly bailed: boolean;
  /** A name, file or tag filter chose some of the tests only. */
  readonly filtered: boolean;
  readonly cells: readonly CellFacts[];
  /** Problems that belong to no cell. */
  readonly problems: readonly Problem[];
  /** Steps of the run itself, after its cells. */
  readonly steps?: readonly StepReport[];
}

export interface CellReport extends CellFacts {
  readonly outcome: Outcome;
  /** One sentence: why this outcome. */
  readonly because: string;
  /** Names of its failures about the releases, as `known` in the matrix takes them. */
  readonly failures?: readonly string[];
  /** Every direction between the releases of a mixed cell. */
  readonly directions?: readonly DirectionReport[];
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** run.json. */
export interface RunReport extends Omit<RunFacts, 'cells'> {
  readonly schema: typeof RUN_SCHEMA;
  readonly ok: boolean;
  readonly totals: Totals;
  readonly cells: readonly CellReport[];
}
