import type { Ledger } from '../../cleanup/ledger.ts';
import type { Cluster } from './cluster.ts';
import { deleteNow, endContent, findSpace, removeNamespace, untilGone } from './labelled.ts';
import type { RemoveOptions, SpaceRef } from './labelled.ts';
import { K8S_LABEL } from './manifests/names.ts';
import { HOLD } from './manifests/namespace.ts';
import { readHold } from './hold.ts';

const REMOVAL_LIMIT_MS = 90_000;

interface Keeping {
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly limit?: number;
  /** See RemoveOptions. */
  readonly looks?: number;
}

/** Writes a space into the ledger and makes it; on any error it is removed again. */
export async function recorded<T>(
  { cluster, ledger }: Keeping,
  ref: SpaceRef,
  make: (entry: string) => Promise<T>,
): Promise<T> {
  const entry = await ledger.record({ kind: 'kubernetes', cluster: cluster.address, ...ref });
  try {
    return await make(entry);
  } catch (error) {
    // The last request may arrive after its sender has given up.
    await giveBack({ ref, entry }, { cluster, ledger, looks: 2 }).catch(() => undefined);
    throw error;
  }
}

/** Removes all of a space, and its namespace where that was made for it. @throws Error naming what does not go */
export async function giveBack(
  { ref, entry }: { readonly ref: SpaceRef; readonly entry: string },
  { cluster, ledger, limit = REMOVAL_LIMIT_MS, looks = 1 }: Keeping,
): Promise<void> {
  await removeSpace(cluster, ref, { limit, looks });
  await ledger.undone(entry);
}

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
    if (left.length > 0) await endContent(cluster, namespace, `${K8S_LABEL.space}=${space}`);
    return { done: false, last: left.map(({ what }) => what).join(', ') || 'nothing' } as const;
  };
  const name = `removal of a cell from the namespace ${namespace}`;
  await untilGone(probe, { name, limit }, `configmap ${HOLD} -n ${namespace}`);
}

/** Deletes the hold of that space only: another space may have the namespace by now. */
async function deleteHold(cluster: Cluster, { namespace, space }: SpaceRef): Promise<void> {
  const { metadata } = (await readHold(cluster, namespace)) ?? {};
  if (metadata?.labels?.[K8S_LABEL.space] !== space || metadata.deletionTimestamp !== undefined) return;
  const { uid = '' } = metadata;
  const body = { propagationPolicy: 'Foreground', preconditions: { uid } };
  await deleteNow(cluster.core.deleteNamespacedConfigMap({ name: HOLD, namespace, body }));
}
