import type { KubernetesListObject, KubernetesObject, V1Namespace } from '@kubernetes/client-node';
import { K8S_LABEL } from './manifests/names.ts';
import { asking, clusterError, codeOf, saidBy, unlessAbsent, type Cluster } from './cluster.ts';
import { type LimitOptions, type Seen, waitUntil, WaitTimeout } from '../../support/wait.ts';

/** Something in a cluster. */
export interface ClusterThing {
  readonly kind: 'namespace' | 'pod' | 'claim' | 'volume' | 'object';
  /** For people. */
  readonly what: string;
}

/** Kinds that a space makes besides Pods, claims and its namespace. */
const OBJECT_KINDS = [
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'Deployment'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['batch/v1', 'CronJob'],
] as const;

/** Looked for where they do not go with their namespace. */
const FURTHER_KINDS = [
  ['batch/v1', 'Job'],
  ['v1', 'ServiceAccount'],
  ['rbac.authorization.k8s.io/v1', 'Role'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
] as const;

/**
 * All of a space: what carries its label, and where its namespace is its own, that one and the volumes of its claims. In a
 * namespace that was given, volumes are not seen: they are the cluster's, and go after their claims.
 */
export async function findSpace(
  cluster: Cluster,
  { namespace, space, given }: SpaceRef,
): Promise<readonly ClusterThing[]> {
  const labelSelector = `${K8S_LABEL.space}=${space}`;
  const { core, objects } = cluster;
  const list = (apiVersion: string, kind: string) =>
    objects.list(apiVersion, kind, namespace, undefined, undefined, undefined, undefined, labelSelector);
  const kinds = given ? [...OBJECT_KINDS, ...FURTHER_KINDS] : OBJECT_KINDS;
  const [own, pods, claims, volumes, ...others] = await Promise.all([
    given ? undefined : readNamespace(cluster, namespace),
    asking(() => core.listNamespacedPod({ namespace, labelSelector })),
    asking(() => core.listNamespacedPersistentVolumeClaim({ namespace, labelSelector })),
    given ? [] : volumesOf(cluster, namespace),
    ...kinds.map(([apiVersion, kind]) => asking(() => list(apiVersion, kind))),
  ]);
  const isOurs = own?.metadata?.labels?.[K8S_LABEL.space] === space;
  return [
    ...thingsOf('pod', 'Pod', pods),
    ...thingsOf('claim', 'PersistentVolumeClaim', claims),
    ...others.flatMap((each, at) => thingsOf('object', kinds[at]?.[1] ?? '', each)),
    ...(isOurs ? [{ kind: 'namespace' as const, what: namespace }] : []),
    ...volumes.map((what) => ({ kind: 'volume' as const, what })),
  ];
}

function thingsOf(kind: ClusterThing['kind'], word: string, { items }: KubernetesListObject<KubernetesObject>) {
  return items.map(({ metadata }) => ({ kind, what: `${word} ${metadata?.namespace}/${metadata?.name}` }));
}

export interface SpaceRef {
  readonly namespace: string;
  /** Value of the space's label. */
  readonly space: string;
  /** The namespace is held by the space only: others live in it too. */
  readonly given?: true;
}

async function readNamespace({ core }: Cluster, name: string, limitMs?: number): Promise<V1Namespace | undefined> {
  return await unlessAbsent(asking(() => core.readNamespace({ name }), undefined, limitMs));
}

/** `undefined` where there is no such namespace. @throws StepError blocked where the cluster does not tell */
export async function lookUpNamespace(cluster: Cluster, name: string, limitMs?: number) {
  return await readNamespace(cluster, name, limitMs).catch((error: unknown) => {
    throw clusterError(`the lookup of namespace ${name} failed`, error);
  });
}

/** Names of volumes that were made for claims of a namespace; none where this user may not look. */
async function volumesOf({ core }: Cluster, namespace: string): Promise<readonly string[]> {
  try {
    const { items } = await asking(() => core.listPersistentVolume());
    return items
      .filter(({ spec }) => spec?.claimRef?.namespace === namespace)
      .map(({ metadata }) => metadata?.name ?? '');
  } catch (error) {
    if (codeOf(error) === 403) return [];
    throw error;
  }
}

export interface RemoveOptions {
  /** Milliseconds after which what is still there is an error. */
  readonly limit: number;
  /** Looks that must find nothing before all counts as gone: more than one where the maker died in the middle. */
  readonly looks: number;
}

/**
 * Deletes a space's namespace with all that is in it, and looks until it and the volumes of its claims are gone.
 * @throws Error when the namespace is not that space's, or WaitTimeout naming what is still there and what the cluster says
 */
export async function removeNamespace(
  cluster: Cluster,
  { namespace, space }: SpaceRef,
  { limit, looks }: RemoveOptions,
): Promise<void> {
  const { core } = cluster;
  let last = 'asked for';
  let quiet = 0;
  const probe = async () => {
    const found = await readNamespace(cluster, namespace);
    if (!found) {
      const volumes = await volumesOf(cluster, namespace);
      quiet = volumes.length === 0 ? quiet + 1 : 0;
      if (quiet >= looks) return { done: true, value: undefined } as const;
      return { done: false, last: `PersistentVolumes ${volumes.join(', ')}` } as const;
    }
    quiet = 0;
    const owner = found.metadata?.labels?.[K8S_LABEL.space] ?? 'none';
    if (owner !== space) {
      throw new Error(`the namespace ${namespace} is not ours (${K8S_LABEL.space}: ${owner}): it is left alone`);
    }
    if (found.metadata?.deletionTimestamp === undefined) await deleteNow(core.deleteNamespace({ name: namespace }));
    const pods = await endContent(cluster, namespace);
    last = reasonOf(found) ?? (pods.join(', ') || last);
    return { done: false, last } as const;
  };
  await untilGone(probe, { name: `deletion of the namespace ${namespace}`, limit }, `namespace ${namespace}`);
}

/** @param see what kubectl shows for the reason @throws Error that names what is still there */
export async function untilGone(probe: () => Promise<Seen<void>>, options: LimitOptions, see: string): Promise<void> {
  await waitUntil(() => asking(probe), { ...options, every: 200 }).catch((error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
    throw new Error(`${error.message}. See why: kubectl get ${see} -o yaml`, { cause: error });
  });
}

/**
 * Deletes what takes its time, at once: the cluster begins with a namespace's content after some seconds only, and lets Pods
 * take all the time that they may. What would make Pods anew goes first. @param labelSelector all where there is none @returns names of those that are still there
 */
export async function endContent(
  { core, apps, batch }: Cluster,
  namespace: string,
  labelSelector?: string,
): Promise<readonly string[]> {
  const which = { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) };
  // Their own objects, which no search finds, are deleted before them.
  const makers = { ...which, ...(labelSelector === undefined ? {} : { propagationPolicy: 'Foreground' }) };
  await Promise.all([
    deleteNow(apps.deleteCollectionNamespacedStatefulSet(makers)),
    deleteNow(apps.deleteCollectionNamespacedDeployment(makers)),
    deleteNow(batch.deleteCollectionNamespacedCronJob(makers)),
    deleteNow(core.deleteCollectionNamespacedPersistentVolumeClaim(which)),
  ]);
  await deleteNow(core.deleteCollectionNamespacedPod({ ...which, gracePeriodSeconds: 1 }));
  const { items } = await core.listNamespacedPod(which);
  return items.map(({ metadata }) => `Pod ${metadata?.name}`);
}

/** A deletion that another client may do first. */
export async function deleteNow(deletion: Promise<unknown>): Promise<void> {
  await unlessAbsent(deletion).catch((error: unknown) => {
    // Another client deletes it at the same time.
    if (codeOf(error) !== 409) throw new Error(saidBy(error), { cause: error });
  });
}

/** The reasons why a namespace is still being deleted, in the cluster's words. */
function reasonOf({ status }: V1Namespace): string | undefined {
  const kept = (status?.conditions ?? []).filter(
    ({ status: is, reason }) => is === 'True' && reason !== 'ResourcesDiscovered' && reason !== 'ContentDeleted',
  );
  const words = kept.map(({ type, message }) => `${type}: ${message ?? ''}`);
  return words.length > 0 ? words.join('; ') : undefined;
}
