import type { V1ConfigMap } from '@kubernetes/client-node';
import { blocked, type StepError } from '../../support/step-error.ts';
import { FIELD_MANAGER, K8S_ANNOTATION, K8S_LABEL } from './manifests/names.ts';
import { HOLD, holdManifest } from './manifests/namespace.ts';
import { parseOwner } from '../space.ts';
import { asking, clusterError, codeOf, FIRST_CONTACT_MS, unlessAbsent, type Cluster } from './cluster.ts';

/** The hold of a given namespace; `undefined` if it has none. */
export async function readHold({ core }: Cluster, namespace: string): Promise<V1ConfigMap | undefined> {
  return await unlessAbsent(asking(() => core.readNamespacedConfigMap({ name: HOLD, namespace })));
}

/** Makes a hold, unless there is one: then `undefined`. Two that try at once never both succeed. @throws StepError blocked */
export async function createHold(
  { core }: Cluster,
  body: V1ConfigMap,
  signal?: AbortSignal,
): Promise<V1ConfigMap | undefined> {
  const namespace = body.metadata?.namespace ?? '';
  const create = () => core.createNamespacedConfigMap({ namespace, body, fieldManager: FIELD_MANAGER });
  try {
    return await asking(create, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (codeOf(error) !== 409) throw holdError(namespace, error);
    // Asked twice since the first answer was lost: then it is our own.
    const found = await unlessAbsent(asking(() => core.readNamespacedConfigMap({ name: HOLD, namespace }), signal));
    const label = K8S_LABEL.space;
    return found?.metadata?.labels?.[label] === body.metadata?.labels?.[label] ? found : undefined;
  }
}

/** Asks as a run would, by a trial that changes nothing. @returns whether another run holds it @throws StepError blocked */
export async function isHeld({ core }: Cluster, namespace: string): Promise<boolean> {
  const body = holdManifest({ namespace, space: 'trial', cell: 'trial', created: '', owner: '' });
  const create = () => core.createNamespacedConfigMap({ namespace, body, dryRun: 'All' });
  try {
    await asking(create, undefined, FIRST_CONTACT_MS);
    return false;
  } catch (error) {
    if (codeOf(error) === 409) return true;
    throw holdError(namespace, error);
  }
}

function holdError(namespace: string, error: unknown): StepError {
  if (codeOf(error) !== 404)
    return clusterError(`the namespace ${namespace} (COMPAT_NAMESPACES) could not be taken`, error);
  const advice = 'name those that you were given, or let an administrator make it: kubectl create namespace';
  return blocked(
    'space',
    `there is no namespace ${namespace} in the cluster, which COMPAT_NAMESPACES names: ${advice} ${namespace}`,
  );
}

/** The holder of a namespace, in words. */
export function holderWords({ metadata }: V1ConfigMap): string {
  const { namespace, annotations = {}, deletionTimestamp } = metadata ?? {};
  const owner = parseOwner(annotations[K8S_ANNOTATION.owner]);
  if (!owner) {
    return `${namespace} is held, and its hold names no owner: kubectl get configmap ${HOLD} -n ${namespace} -o yaml`;
  }
  const going = deletionTimestamp === undefined ? '' : ', and is being given back';
  return `${namespace} is held by ${annotations[K8S_ANNOTATION.cell]} of run ${owner.runId} (pid ${owner.pid} on ${owner.host}) since ${owner.at}${going}`;
}
