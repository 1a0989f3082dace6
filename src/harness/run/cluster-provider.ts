import type { Cell } from '../domain/cell.ts';
import { engineOnce } from '../docker/engine.ts';
import { clusterAddressOf } from '../providers/kubernetes/cluster-address.ts';
import { clusterOnce } from '../providers/kubernetes/cluster.ts';
import { createKubernetesProvider } from '../providers/kubernetes/kubernetes-provider.ts';
import { clusterSettings } from './cluster-settings.ts';
import { engineImages } from './engine-images.ts';
import { tellSwept, type RunProvider, type RunProvidersOptions } from './run-provider.ts';
import { sweepCluster } from './sweep-cluster.ts';

/**
 * Provider kubernetes, with the cluster of the kubeconfig: a Docker engine of this machine makes the images, and the cluster
 * pulls them from a registry.
 * @throws StepError blocked
 */
export async function clusterProvider(
  { run, root, releases }: RunProvidersOptions,
  { workloadKind }: Pick<Cell, 'workloadKind'>,
): Promise<RunProvider> {
  const { env } = run;
  const settings = await clusterSettings(env, workloadKind);
  const { client } = await engineOnce(env)();
  const cluster = clusterOnce(() => clusterAddressOf(env));
  tellSwept(run, await sweepCluster(await cluster(), { dryRun: false, given: settings.given?.names }));
  const ensureImages = await engineImages(client, { run, releases });
  return {
    provider: createKubernetesProvider({ root, cluster, settings, say: (text) => run.progress.say(text) }),
    images: { ensureImages, withCordapps: true },
  };
}
