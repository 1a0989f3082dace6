import { z } from 'zod';
import { blocked } from '../domain/step-error.ts';
import { authFor } from '../images/registry-auth.ts';
import { parseRegistry } from '../images/registry.ts';
import { WORKLOAD_KINDS } from '../manifests/workload.ts';
import { engineOnce } from '../providers/docker/engine.ts';
import { clusterAddressOf } from '../providers/kubernetes/cluster-address.ts';
import { clusterOnce } from '../providers/kubernetes/cluster.ts';
import { createKubernetesProvider } from '../providers/kubernetes/kubernetes-provider.ts';
import type { KubernetesSettings } from '../providers/kubernetes/settings.ts';
import { engineImages } from './engine-images.ts';
import { tellSwept, type RunProvider, type RunProvidersOptions } from './run-provider.ts';
import { sweepCluster } from './sweep-cluster.ts';

const PREFIX = 'corda-compat';
/** A run that lives says so every minute. */
const LIFELINE_MS = 10 * 60_000;

/**
 * Provider kubernetes: images are made by a Docker engine of this machine and come to the cluster by a registry.
 * @throws StepError blocked
 */
export async function clusterProvider({ run, root, releases }: RunProvidersOptions): Promise<RunProvider> {
  const { env } = run;
  const settings = await settingsOf(env);
  const cluster = clusterOnce(() => clusterAddressOf(env));
  tellSwept(run, await sweepCluster(await cluster(), { dryRun: false }));
  const { client } = await engineOnce(env)();
  const ensureImages = await engineImages(client, { run, releases });
  return {
    provider: createKubernetesProvider({ root, cluster, settings }),
    images: { ensureImages, withCordapps: true },
  };
}

/** What the environment says of the cluster. @throws StepError blocked for what cannot be meant */
export async function settingsOf(env: NodeJS.ProcessEnv): Promise<KubernetesSettings> {
  const { COMPAT_REGISTRY: registry, COMPAT_STORAGE_CLASS: storageClass, COMPAT_NAMESPACE: prefix } = env;
  if (!registry) {
    throw blocked(
      'build',
      'provider kubernetes needs a registry that the cluster pulls images from: set COMPAT_REGISTRY (host[:port][/path]), and ' +
        'COMPAT_REGISTRY_USER and COMPAT_REGISTRY_PASSWORD where it wants a password',
    );
  }
  if (prefix && !/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/.test(prefix)) {
    const wanted = 'at most 30 small letters, digits and dashes, a letter first';
    throw blocked('space', `COMPAT_NAMESPACE ${JSON.stringify(prefix)} cannot begin names of namespaces: ${wanted}`);
  }
  const workload = z.enum(WORKLOAD_KINDS).safeParse(env['COMPAT_WORKLOAD'] || 'statefulset');
  if (!workload.success) {
    throw blocked('space', `COMPAT_WORKLOAD ${env['COMPAT_WORKLOAD']} is none of ${WORKLOAD_KINDS.join(', ')}`);
  }
  const { host } = parseRegistry(registry);
  const auth = await authFor(host, env);
  return {
    prefix: prefix || PREFIX,
    workload: workload.data,
    lifelineMs: LIFELINE_MS,
    ...(storageClass ? { storageClass } : {}),
    ...(auth ? { login: { ...auth, host } } : {}),
  };
}
