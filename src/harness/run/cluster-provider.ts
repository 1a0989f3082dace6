import type { ClusterKind, WorkloadKind } from '../domain/cell.ts';
import { blocked, type StepError } from '../domain/step-error.ts';
import { engineOnce } from '../providers/docker/engine.ts';
import { clusterAddressOf } from '../providers/kubernetes/cluster-address.ts';
import { clusterOnce } from '../providers/kubernetes/cluster.ts';
import { createKubernetesProvider } from '../providers/kubernetes/kubernetes-provider.ts';
import { clusterSettings } from './cluster-settings.ts';
import { engineImages } from './engine-images.ts';
import { tellSwept, type RunProvider, type RunProvidersOptions } from './run-provider.ts';
import { sweepCluster } from './sweep-cluster.ts';
import { sweepEngine } from './sweep-engine.ts';
import { throwawayCluster } from './throwaway-cluster.ts';

export interface ClusterChoice {
  readonly cluster: ClusterKind;
  readonly workloadKind?: WorkloadKind;
}

/**
 * Provider kubernetes, with the cluster of the kubeconfig or one of the run's own: images are made by a Docker engine of this machine and come to the cluster by a registry.
 * @throws StepError blocked
 */
export async function clusterProvider(
  options: RunProvidersOptions,
  { cluster: kind, workloadKind }: ClusterChoice,
): Promise<RunProvider> {
  const { run, root, releases } = options;
  const { env } = run;
  const settings = await clusterSettings(env, workloadKind);
  if (kind === 'k3s' && settings.given) throw noneGiven();
  const { client } = await engineOnce(env)();
  // Throw-away clusters of dead runs are containers.
  tellSwept(run, await sweepEngine(client, { dryRun: false }));
  const address = kind === 'k3s' ? await throwawayCluster(options) : clusterAddressOf(env);
  const cluster = clusterOnce(() => address);
  tellSwept(run, await sweepCluster(await cluster(), { dryRun: false, given: settings.given?.names }));
  const ensureImages = await engineImages(client, { run, releases });
  return {
    provider: createKubernetesProvider({ root, cluster, settings, say: (text) => run.progress.say(text) }),
    images: { ensureImages, withCordapps: true },
  };
}

function noneGiven(): StepError {
  return blocked(
    'space',
    'COMPAT_NAMESPACES names namespaces that are there, and a throw-away cluster (k3s) has none: unset it, or COMPAT_CLUSTER=kubeconfig',
  );
}
