import type { WorkloadKind } from '../../domain/cell.ts';
import type { RegistryLogin } from '../../manifests/namespace.ts';

/** Namespaces that are there, for cells to live in one after the other. */
export interface GivenNamespaces {
  readonly names: readonly string[];
  /** Milliseconds that a cell waits for a free one. */
  readonly waitMs: number;
}

/** What a user decides for all spaces of a run. */
export interface KubernetesSettings {
  /** Before the run's id in names of namespaces. */
  readonly prefix: string;
  /** Absent where each cell makes a namespace of its own. */
  readonly given?: GivenNamespaces;
  /** The cluster's default where there is none. */
  readonly storageClass?: string;
  readonly workload: WorkloadKind;
  /** How the cluster logs in to the registry of the images; none where it need not. */
  readonly login?: RegistryLogin;
  /** Milliseconds from the last sign of life of a run until what it has made deletes itself. */
  readonly lifelineMs: number;
}
