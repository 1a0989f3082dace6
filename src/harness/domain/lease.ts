import type { Limits, Pair, Workload } from './cell.ts';
import type { StepFailure } from './outcome.ts';
import type { CordappArtefact } from './release.ts';

/** How a worker reaches a driver. */
export interface DriverAddress {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Shown with every request. */
  readonly token: string;
  /** `Limits.outage` of its cell; default 0. */
  readonly outageMs?: number;
}

/** A CorDapp that a node has. */
export type CarriedCordapp = Pick<CordappArtefact, 'name' | 'sha256' | 'signed'>;

/** One node of a running network, as a suite sees it. */
export interface LeasedNode {
  readonly id: string;
  readonly party: string;
  /** Release id of the matrix, for example `4.8`. */
  readonly release: string;
  readonly notary: boolean;
  /** Of a notary: whether it verifies what it commits. */
  readonly validating?: boolean;
  /** The party by which a notary notarises: its own, or its service's. */
  readonly notarisesAs?: string;
  /** Of its release, without the healthcheck; absent where nobody knows. */
  readonly cordapps?: readonly CarriedCordapp[];
  /** As of its release's platform facts. */
  readonly keepsRefusals: boolean;
  /** The driver that speaks this release's RPC. */
  readonly driver: DriverAddress;
}

/** A network handed to a worker: plain and serialisable. */
export interface Lease {
  readonly cell: string;
  /** Release ids; absent in a mixed cell. */
  readonly pair?: Pair<string>;
  readonly nodes: readonly LeasedNode[];
  readonly workload: Workload;
  readonly limits: Limits;
  /** Absolute path of the cell's journal of operations. */
  readonly journal: string;
}

/** What a suite file can know before any network exists; given to workers by vitest's `provide`. */
export interface CellBrief {
  readonly name: string;
  /** Release ids; absent in a mixed cell. */
  readonly pair?: Pair<string>;
  readonly nodes: readonly Pick<LeasedNode, 'id' | 'party' | 'release' | 'notary'>[];
  readonly workload: Workload;
  readonly limits: Limits;
  /** Why its left nodes are not upgraded to the right release; absent where they can be. */
  readonly noUpgrade?: string;
}

export type LeaseAnswer =
  { readonly ok: true; readonly lease: Lease } | { readonly ok: false; readonly failure: StepFailure };

/** A line of a node's own log. */
export interface LogLine {
  readonly node: string;
  readonly level: 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
  readonly text: string;
}

/** How far the operations of a suite are, as its worker counts them. */
export interface TradeProgress {
  /** Operations that have ended, well or not. */
  readonly done: number;
  /** All that were planned; absent where that is not known before. */
  readonly total?: number;
  /** Of those that have ended: without an ok. */
  readonly failed: number;
  readonly inFlight: number;
  /** Milliseconds since the first of them began. */
  readonly tookMs: number;
}
