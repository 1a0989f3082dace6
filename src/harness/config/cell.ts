import type { Release } from './release.ts';
import type { NodeRole, Topology } from '../corda/topology.ts';
import { bug } from '../support/step-error.ts';

export const PROVIDER_NAMES = ['local', 'docker', 'kubernetes'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];
/** Nodes that start together on any machine: those of a pair do so even on one processor. */
export const LEAST_STARTS_AT_ONCE = 4;
/** Name of the cell in which many releases meet in one network; pairs have a `+` in theirs. */
export const MIXED = 'mixed';
/** Kind of workload that keeps the Pod of a node or service running in a cluster. */
export const WORKLOAD_KINDS = ['statefulset', 'deployment'] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];
/** `fast`: C1 only, serial collector, no bytecode verification of the node's own classes; `stock`: the release's own options. */
export type JvmChoice = 'fast' | 'stock';

/** An ordered couple of releases. */
export interface Pair<T = Release> {
  readonly left: T;
  readonly right: T;
}

export interface Workload {
  readonly seed: number;
  /** Number of operations of the random suite. */
  readonly operations: number;
  /** Operations in flight at a time in the random suite. */
  readonly parallel: number;
  /** Operations a second of the random suite, instead of a number in flight. */
  readonly rate?: number;
  /** Whether the lifecycle suites run, which restart and upgrade nodes and take longer than all others. */
  readonly lifecycle?: boolean;
  /** Absent if failed operations are not replayed. */
  readonly shrink?: ReplayLimits;
}

/** Limits of named waits, in milliseconds. */
export interface Limits {
  /** From the start of a node to its "started up". */
  readonly start: number;
  /** One flow (issue, pay, exit, notarise). */
  readonly flow: number;
  /** From a payment to the coin in the payee's vault. */
  readonly arrival: number;
  /** Minting, schema templates, compilation: one JVM run. */
  readonly prepare: number;
  /** Teardown of one cell's space. */
  readonly teardown: number;
  /**
   * Longest outage of an API server, which says nothing about the releases. Users do not choose it; 0 if no API
   * server is in between.
   */
  readonly outage: number;
}

/** releases × topology × provider: one vitest project, the unit of filters and verdicts. */
export interface Cell {
  /** `4.8+4.10`, or `mixed`: the vitest project's name. */
  readonly name: string;
  /** Releases that meet, each once: a pair's left one first, those of a mixed cell oldest first. */
  readonly releases: readonly Release[];
  /** The left and right release of reports; a mixed cell has neither. */
  readonly pair?: Pair;
  readonly topology: Topology;
  readonly provider: ProviderName;
  /** Only for provider kubernetes; absent for `statefulset`. */
  readonly workloadKind?: WorkloadKind;
  readonly jvm: JvmChoice;
  readonly workload: Workload;
  readonly limits: Limits;
  /** Declared incompatible in matrix.json. */
  readonly known?: KnownIncompatibility;
  /** For the replay of another cell: the name of that cell. */
  readonly replayOf?: string;
}

export interface KnownIncompatibility {
  readonly reason: string;
  /** ISO date; after it the declaration no longer counts. */
  readonly until: string;
}

/** Longest wait for an API server that does not answer, in milliseconds, before it counts as gone. */
export const OUTAGE_LIMIT_MS = 90_000;

/** The release a node of this cell runs. */
export function releaseOf(cell: Cell, node: NodeRole): Release {
  return cell.releases.find(({ id }) => id === node.release) ?? bug(`${cell.name} has no release ${node.release}`);
}

/** How operations follow each other: `4 at a time`, `2 a second`. */
export function paceWords({ parallel, rate }: Pick<Workload, 'parallel' | 'rate'>): string {
  return rate === undefined ? `${parallel} at a time` : `${rate} a second`;
}

/** Limits of a replay; the first one that is reached ends the search. */
export interface ReplayLimits {
  /** Number of replays, each on a network of its own. */
  readonly tries: number;
  /** Milliseconds for all replays of a cell together. */
  readonly limit: number;
}
