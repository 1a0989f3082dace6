import type { Cell, WorkloadKind } from '../config/cell.ts';
import { engineOnce } from '../docker/engine.ts';
import { clusterAddressOf, clusterOnce } from '../providers/kubernetes/cluster.ts';
import { createKubernetesProvider, type KubernetesSettings } from '../providers/kubernetes/kubernetes-provider.ts';
import { engineImages } from './engine-images.ts';
import { tellSwept, type RunProvider, type RunProvidersOptions } from './run-provider.ts';
import { sweepCluster } from '../cleanup/sweep-containers.ts';
import { givenNamespaces } from '../config/outside.ts';
import { blocked } from '../support/step-error.ts';
import { authFor, parseRegistry } from '../images/registry.ts';
import { variable, variableOr, type Environment } from '../config/variables.ts';

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

/** A run that lives says so every minute. */
const LIFELINE_MS = 10 * 60_000;

/** Other cells take minutes; the limit of bringing up a network is above it. */
const GIVEN_WAIT_MS = 30 * 60_000;

/** Namespaces that the environment names for cells to live in. @throws StepError blocked for what cannot be meant */
export function namedNamespaces(env: Environment): readonly string[] | undefined {
  try {
    return givenNamespaces(env);
  } catch (error) {
    throw blocked('space', `COMPAT_NAMESPACES ${(error as Error).message}`, { cause: error });
  }
}

/** Settings of the cluster in the environment. @param workload as the matrix has it. @throws StepError blocked for wrong ones */
export async function clusterSettings(
  env: Environment,
  workload: WorkloadKind = 'statefulset',
): Promise<KubernetesSettings> {
  const registry = variable(env, 'COMPAT_REGISTRY');
  const storageClass = variable(env, 'COMPAT_STORAGE_CLASS');
  const prefix = variableOr(env, 'COMPAT_NAMESPACE');
  if (!registry) {
    throw blocked(
      'build',
      'provider kubernetes needs a registry that the cluster pulls images from: set COMPAT_REGISTRY (host[:port][/path]), and ' +
        'COMPAT_REGISTRY_USER and COMPAT_REGISTRY_PASSWORD where it wants a password',
    );
  }
  if (!/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/.test(prefix)) {
    const wanted = 'at most 30 small letters, digits and dashes, a letter first';
    throw blocked('space', `COMPAT_NAMESPACE ${JSON.stringify(prefix)} cannot begin names of namespaces: ${wanted}`);
  }
  const given = namedNamespaces(env);
  const { host } = parseRegistry(registry);
  const auth = await authFor(host, env);
  return {
    prefix,
    workload,
    lifelineMs: LIFELINE_MS,
    ...(given ? { given: { names: given, waitMs: GIVEN_WAIT_MS } } : {}),
    ...(storageClass ? { storageClass } : {}),
    ...(auth ? { login: { ...auth, host } } : {}),
  };
}
