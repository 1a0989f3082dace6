import type { Limits, Pair, Workload, Cell } from '../config/cell.ts';
import type { StepFailure } from '../support/step-error.ts';
import type { Release } from '../config/release.ts';
import { platformFactsOf } from '../corda/facts.ts';
import type { CordappArtefact } from '../releases/artefacts.ts';

/** How a worker reaches a driver. */
export interface DriverAddress {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Shown with every request. */
  readonly token: string;
  /** `Limits.outage` of its cell; default 0. */
  readonly outageMs?: number;
}

/** A CorDapp that a node was given. */
export interface CarriedCordapp extends Pick<CordappArtefact, 'name' | 'sha256' | 'signed'> {
  /** What the node's log calls it when it has loaded it; absent in stored cells. */
  readonly inLog?: string;
}

/** One node of a running network, as a suite sees it. */
export interface LeasedNode {
  readonly id: string;
  readonly party: string;
  /** Release id of the matrix, for example `4.8`. */
  readonly release: string;
  readonly notary: boolean;
  /** Whether a notary verifies the transactions that it commits; absent for peers. */
  readonly validating?: boolean;
  /** The party by which a notary notarises: its own, or its service's. */
  readonly notarisesAs?: string;
  /** The CorDapps of its release, without the healthcheck; absent if unknown. */
  readonly cordapps?: readonly CarriedCordapp[];
  /** The line of its log that names the CorDapps that it has loaded; absent if there is none. */
  readonly loadedLine?: string;
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

/** The brief: a suite file knows it before any network exists. Workers get it by vitest's `provide`. */
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

/** How far the operations of a suite are, as its worker counts them. */
export interface TradeProgress {
  /** Operations that have ended, well or not. */
  readonly done: number;
  /** All that were planned; absent where that is not known before. */
  readonly total?: number;
  /** Number of ended operations without an ok. */
  readonly failed: number;
  readonly inFlight: number;
  /** Milliseconds since the first of them began. */
  readonly tookMs: number;
}

/** The node actions: actions of a suite on a node of its network, which the node should survive. */
export const NODE_ACTIONS = ['stop', 'kill', 'start', 'upgrade', 'go-back'] as const;

/**
 * `stop`: as an operator does, SIGTERM first; `kill`: SIGKILL at once (a cluster gives a second). `start`: as it was, and connected
 * to its driver. `upgrade`: a stopped node's folder is kept aside and it starts as the pair's right release, on its data, migrated
 * where that release wants it. `go-back`: a stopped node gets the folder that was kept aside and starts as what it was.
 */
export type NodeAction = (typeof NODE_ACTIONS)[number];

/** Result of a node action. */
export type NodeActionAnswer =
  | {
      readonly ok: true;
      /** As it is from now on. */
      readonly node: LeasedNode;
      readonly tookMs: number;
    }
  | { readonly ok: false; readonly failure: StepFailure };

/** Platform version of 4.12, which takes over data of 4.11 alone (docs 4.12, "Upgrading a node"). */
const FIRST_OF_JAVA_17 = 140;
const LAST_OF_JAVA_8 = 13;

/** Why the nodes of a cell's left release are not upgraded to its right one; `undefined` where they are. */
export function noUpgradeOf({ pair, provider }: Cell): string | undefined {
  if (!pair) return 'a mixed cell has no left and no right release';
  const { left, right } = pair;
  if (left.id === right.id) return `both sides are ${left.id}`;
  if (provider !== 'local') return `provider ${provider} cannot replace what is in a node's volume; provider local can`;
  const [from, to] = [platformVersionOf(left), platformVersionOf(right)];
  if (from === undefined || to === undefined) return undefined;
  if (to < from) return `${right.id} is older than ${left.id}, and no release takes over data of a newer one`;
  if (to >= FIRST_OF_JAVA_17 && from < LAST_OF_JAVA_8) return `${right.id} takes over data of 4.11 and later only`;
  return undefined;
}

/** Platform versions on Maven Central. Other releases have none before they are built. */
function platformVersionOf({ source }: Release): number | undefined {
  return source.kind === 'maven' ? platformFactsOf(source.version)?.platformVersion : undefined;
}
