import type { JvmChoice, KnownIncompatibility, Limits, ProviderName, Workload, WorkloadKind } from './cell.ts';
import type { DatabaseKind } from '../corda/database.ts';
import type { Release } from './release.ts';
import type { Onboarding } from '../corda/topology.ts';

/** A release of a pair. */
export type Side = 'left' | 'right';

type PairMode = 'all' | 'ordered' | 'adjacent';

/** The pairs of a matrix, as written; all ids exist. */
export type PairChoice =
  | { readonly kind: PairMode }
  | { readonly kind: 'against'; readonly release: string }
  | { readonly kind: 'list'; readonly pairs: readonly (readonly [left: string, right: string])[] };

/** The network of every cell, before its releases are chosen. */
export interface TopologyChoice {
  /** In the mixed cell, left is the oldest release and right the newest. */
  readonly notary: Side;
  /** The second one runs the release of the other side. */
  readonly notaries: 1 | 2;
  /** For a pair, in the order of party-a, party-b and so on. */
  readonly peers: readonly Side[];
  readonly validating: boolean;
  readonly onboarding: Onboarding;
  readonly database: DatabaseKind;
  readonly minimumPlatformVersion: 'auto' | number;
}

/** The settings of this run, from the environment. */
export interface Settings {
  /** Cells at once. */
  readonly parallel: number;
  /** Which networks stay up after the run. */
  readonly keep: 'never' | 'failed' | 'always';
}

/** matrix.json and the environment, checked and ready to expand. */
export interface Matrix {
  /** Absolute path of the file it came from. */
  readonly file: string;
  /** In the order of the file. Jar paths are absolute. */
  readonly releases: readonly Release[];
  readonly pairs: PairChoice;
  /** Ids of the releases that meet in one network; empty where there is no such cell. */
  readonly mixed: readonly string[];
  readonly topology: TopologyChoice;
  readonly provider: ProviderName;
  /** Absent for `statefulset`, or if no cell lives in a cluster. */
  readonly workloadKind?: WorkloadKind;
  readonly jvm: JvmChoice;
  readonly workload: Workload;
  readonly limits: Limits;
  /** By pair, for example `3.3-corda+4.10`. Expired declarations are left out, with a warning. */
  readonly known: ReadonlyMap<string, KnownIncompatibility>;
  readonly settings: Settings;
  /** Warnings, shown with the plan. */
  readonly warnings: readonly string[];
}
