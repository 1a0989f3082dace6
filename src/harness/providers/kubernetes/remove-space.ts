import { K8S_LABEL } from '../../manifests/labels.ts';
import { HOLD } from '../../manifests/namespace.ts';
import { waitUntil, WaitTimeout } from '../../support/wait-until.ts';
import { asking } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { readHold } from './hold.ts';
import { deleteNow, endContent, findSpace, removeNamespace, type RemoveOptions, type SpaceRef } from './labelled.ts';

/** Removes all of a space, and waits until it is gone. @throws Error that names what is still there */
export async function removeSpace(cluster: Cluster, ref: SpaceRef, options: RemoveOptions): Promise<void> {
  await (ref.given ? removeHeld : removeNamespace)(cluster, ref, options);
}

/** Gives a namespace back: the cluster removes what the hold owns, then the hold. Nothing else is touched. */
async function removeHeld(cluster: Cluster, ref: SpaceRef, { limit, looks }: RemoveOptions): Promise<void> {
  const { namespace, space } = ref;
  let quiet = 0;
  const probe = async () => {
    await deleteHold(cluster, ref);
    const left = await findSpace(cluster, ref);
    quiet = left.length === 0 ? quiet + 1 : 0;
    if (quiet >= looks) return { done: true, value: undefined } as const;
    if (left.length > 0) await endContent(cluster, namespace, labelOf(space));
    return { done: false, last: left.map(({ what }) => what).join(', ') || 'nothing' } as const;
  };
  try {
    await waitUntil(() => asking(probe), {
      name: `removal of a cell from the namespace ${namespace}`,
      limit,
      every: 200,
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const see = `kubectl get configmap ${HOLD} -n ${namespace} -o yaml`;
    throw new Error(`${error.message}. See why: ${see}`, { cause: error });
  }
}

/** Of that space only: another may have the namespace by now. */
async function deleteHold(cluster: Cluster, { namespace, space }: SpaceRef): Promise<void> {
  const { metadata } = (await readHold(cluster, namespace)) ?? {};
  if (metadata?.labels?.[K8S_LABEL.space] !== space || metadata.deletionTimestamp !== undefined) return;
  const { uid = '' } = metadata;
  const body = { propagationPolicy: 'Foreground', preconditions: { uid } };
  await deleteNow(cluster.core.deleteNamespacedConfigMap({ name: HOLD, namespace, body }));
}

function labelOf(space: string): string {
  return `${K8S_LABEL.space}=${space}`;
}
