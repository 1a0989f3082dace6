import type { WorkloadKind } from '../../domain/cell.ts';
import type { RegistryLogin } from '../../manifests/namespace.ts';

/** What a user decides for all spaces of a run. */
export interface KubernetesSettings {
  /** Before the run's id in names of namespaces. */
  readonly prefix: string;
  /** The cluster's default where there is none. */
  readonly storageClass?: string;
  readonly workload: WorkloadKind;
  /** How the cluster logs in to the registry of the images; none where it need not. */
  readonly login?: RegistryLogin;
  /** Milliseconds from the last sign of life of a run until its namespaces delete themselves. */
  readonly lifelineMs: number;
}
