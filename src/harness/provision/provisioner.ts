import type { Cell } from '../config/cell.ts';
import type { NodeAction, Lease, LeasedNode } from '../lease/lease.ts';
import type { StepFailure } from '../support/step-error.ts';
import type { ReadyStep } from '../plan/steps.ts';
import type { ReleaseReport } from '../releases/artefacts.ts';
import type { Progress } from '../support/progress.ts';
import type { Environment } from '../config/variables.ts';
import type { LogLine } from '../corda/node-words.ts';
import type { KeptEvidence, LogMark } from '../evidence/evidence.ts';

/** Input of a cell's steps, from the hub. */
export interface ProvisionContext {
  /** Aborted at the limit or when the run is interrupted, and when the suites are over; the step that goes on then rejects. */
  readonly signal: AbortSignal;
  /** Reports of the cell's releases, in the order of the cell, as soon as the steps know them. */
  readonly releases: (releases: readonly ReleaseReport[]) => void;
  /** Sentences for the report: what is not as it would be in a real network, and fails no test. */
  readonly warn: (warnings: readonly string[]) => void;
  /** A line for people, with the cell's name. */
  readonly say: (text: string) => void;
  /** How far the step is that goes on, in words: asked while it lasts. */
  readonly far: (words: () => string) => void;
  /** The network is up: suites have it until this resolves. */
  readonly trade: (network: ProvisionedCell) => Promise<void>;
}

/** A cell's network, up and trading. */
export interface ProvisionedCell extends KeptEvidence {
  readonly lease: Lease;
  /** The end of all nodes' logs as they are now. */
  mark(): Promise<LogMark>;
  /** Log lines of the nodes since a mark, or since their start. */
  logsSince(mark?: LogMark): Promise<readonly LogLine[]>;
  /** Does something to a node that it is meant to survive; absent where the network is not the run's own. @throws StepError */
  control?(node: string, action: NodeAction): Promise<LeasedNode>;
  /** Nodes that ended while they should have traded: with one, what the suites saw is no verdict on the releases. */
  losses?(): readonly StepFailure[];
  /** Undoes everything of the cell, attempts everything. Called exactly once. */
  release(): Promise<void>;
}

/** Brings up networks. Knows nothing of vitest, of leases, of what the suites do. */
export interface Provisioner {
  /** The steps of a cell, those of its plan: one of them calls `trade`, those that always run remove what was made. */
  steps(cell: Cell, context: ProvisionContext): readonly ReadyStep[];
  /** Megabytes that the cell's network takes while it is up. */
  estimateMb(cell: Cell): number;
  /** Its networks are there already, one of each: there is no other one of a cell. */
  readonly isGiven?: true;
  /** After all cells: ends what cells share, proves that nothing is left. */
  close?(): Promise<void>;
}

/** Input of the maker of a run's provisioner. */
export interface RunContext {
  readonly runId: string;
  /** Absolute folder of reports; a cell's evidence goes to `<results>/<cell's name>/`. */
  readonly results: string;
  /** Absolute folder of the project. */
  readonly root: string;
  readonly env: Environment;
  readonly progress: Progress;
  /** Folders that the run itself removes at its end: for the ledger, in case it does not come that far. */
  readonly scratch?: readonly string[];
}

/** The run calls it once, for its first cell. A cell without a request costs nothing. */
export type CreateProvisioner = (context: RunContext) => Promise<Provisioner>;
