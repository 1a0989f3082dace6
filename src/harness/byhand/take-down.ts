import type { V1Namespace } from '@kubernetes/client-node';
import { blocked } from '../support/step-error.ts';
import { BY_HAND, K8S_ANNOTATION, K8S_LABEL, MANAGED_BY } from '../providers/kubernetes/manifests/names.ts';
import { asking, clusterError, FIRST_CONTACT_MS, type Cluster } from '../providers/kubernetes/cluster.ts';
import { deleteNow, lookUpNamespace, removeNamespace } from '../providers/kubernetes/labelled.ts';
import { parseOwner } from '../providers/space.ts';
import { waitUntil } from '../support/wait.ts';
import { ownerState } from '../cleanup/run-folder.ts';
import { nameOf, namespacedKinds, objectsIn, type Found, type Kind } from './render.ts';

export interface Removed {
  readonly namespace: string;
  readonly state: 'would-remove' | 'removed' | 'kept' | 'failed';
  /** For people: why, or what there was. */
  readonly detail: string;
}

export interface TakeDownOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

const LIMIT_MS = 120_000;

/** Namespaces of ours that no run made. @throws StepError blocked */
export async function namespacesByHand({ core }: Cluster): Promise<readonly V1Namespace[]> {
  const labelSelector = `${MANAGED_BY.name}=${MANAGED_BY.value}`;
  try {
    const { items } = await asking(() => core.listNamespace({ labelSelector }), undefined, FIRST_CONTACT_MS);
    return items.filter((each) => ownerOf(each) === BY_HAND);
  } catch (error) {
    throw clusterError('namespaces of networks could not be listed (name one with -n)', error);
  }
}

/** The cell that a namespace names. */
export function cellOf({ metadata }: V1Namespace): string | undefined {
  return metadata?.annotations?.[K8S_ANNOTATION.cell];
}

/**
 * Removes a network that a person has applied, and waits until it is gone. What others have put into its namespace stays, and
 * the namespace with it. @throws StepError blocked where there is nothing of ours, or a run lives in it
 */
export async function takeDown(cluster: Cluster, name: string, options: TakeDownOptions): Promise<Removed> {
  const namespace = await lookUpNamespace(cluster, name, FIRST_CONTACT_MS);
  const context = cluster.config.getCurrentContext();
  if (!namespace) throw blocked('destroy', `there is no namespace ${name} in the cluster of context ${context}`);
  await refuseRun(namespace);
  const kinds = await namespacedKinds(cluster);
  const all = (await objectsIn(cluster, name, kinds)).filter((each) => !isMadeByCluster(each));
  const ours = all.filter((each) => isOurs(each, name));
  const foreign = all.filter((each) => !ours.includes(each) && !isOwned(each));
  const isWhole = ownerOf(namespace) === BY_HAND && foreign.length === 0;
  if (ours.length === 0 && !isWhole) {
    const labels = `${K8S_LABEL.space}=${name}`;
    throw blocked('destroy', `namespace ${name} holds nothing with our labels (${labels}): nothing is removed`);
  }
  const count = counted(ours);
  const what = isWhole ? `the namespace with ${count}` : `${count}; the namespace stays${why(namespace, foreign)}`;
  if (options.dryRun) return { namespace: name, state: 'would-remove', detail: what };
  try {
    if (isWhole) await removeNamespace(cluster, { namespace: name, space: name }, { limit: LIMIT_MS, looks: 1 });
    else await removeObjects(cluster, { namespace: name, ours, kinds }, options);
    return { namespace: name, state: 'removed', detail: what };
  } catch (error) {
    options.signal.throwIfAborted();
    return { namespace: name, state: 'failed', detail: (error as Error).message };
  }
}

/** @throws StepError blocked for a namespace that a run has made: that run, its reaper or a sweep removes it */
async function refuseRun(namespace: V1Namespace): Promise<void> {
  const { name = '', labels = {} } = namespace.metadata ?? {};
  const runId = labels[K8S_LABEL.run];
  if (runId === undefined) return;
  const owner = parseOwner(ownerOf(namespace));
  const state = owner ? await ownerState(owner) : 'unknown';
  const what = {
    alive: 'which lives',
    elsewhere: `of ${owner?.host}`,
    gone: 'which is gone',
    unknown: 'of an unknown owner',
  }[state];
  const advice = 'npx corda-compat sweep removes namespaces of runs that are gone';
  throw blocked('destroy', `namespace ${name} is of run ${runId}, ${what}: down leaves it alone. ${advice}`);
}

async function removeObjects(
  cluster: Cluster,
  { namespace, ours, kinds }: { namespace: string; ours: readonly Found[]; kinds: readonly Kind[] },
  { signal }: TakeDownOptions,
): Promise<void> {
  const { objects } = cluster;
  await Promise.all(
    ours.map(async (each) => {
      const remove = () => objects.delete(each, undefined, undefined, 1, undefined, 'Background');
      await deleteNow(asking(remove)).catch((error: Error) => {
        throw new Error(`${nameOf(each)}: ${error.message}`, { cause: error });
      });
    }),
  );
  const wanted = kinds.filter(({ kind }) => ours.some((each) => each.kind === kind) || kind === 'Pod');
  const probe = async () => {
    const left = (await objectsIn(cluster, namespace, wanted)).filter((each) => isOurs(each, namespace));
    if (left.length === 0) return { done: true, value: undefined } as const;
    return { done: false, last: left.map(nameOf).join(', ') } as const;
  };
  await waitUntil(probe, { name: `removal of our objects from ${namespace}`, limit: LIMIT_MS, every: 300, signal });
}

function ownerOf({ metadata }: V1Namespace): string | undefined {
  return metadata?.annotations?.[K8S_ANNOTATION.owner];
}

/** A label may have been copied along from elsewhere: that of this very space counts. */
function isOurs({ metadata }: Found, namespace: string): boolean {
  const labels = metadata?.labels ?? {};
  return labels[MANAGED_BY.name] === MANAGED_BY.value && labels[K8S_LABEL.space] === namespace;
}

/** Every namespace has these. */
function isMadeByCluster({ kind, metadata }: Found): boolean {
  if (kind === 'ServiceAccount') return metadata?.name === 'default';
  return kind === 'ConfigMap' && metadata?.name === 'kube-root-ca.crt';
}

/** Goes with what made it. */
function isOwned({ metadata }: Found): boolean {
  return (metadata?.ownerReferences ?? []).length > 0;
}

function counted(found: readonly Found[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const words = [...counts].sort().map(([kind, count]) => `${count} ${kind}`);
  return words.join(', ') || 'nothing in it';
}

function why(namespace: V1Namespace, foreign: readonly Found[]): string {
  if (ownerOf(namespace) !== BY_HAND) return ', which is not ours';
  return `: it holds ${foreign.length} of other owners (${foreign.slice(0, 3).map(nameOf).join(', ')})`;
}
