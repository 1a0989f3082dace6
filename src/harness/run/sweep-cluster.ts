import type { V1ObjectMeta } from '@kubernetes/client-node';
import { K8S_ANNOTATION, K8S_LABEL } from '../manifests/labels.ts';
import { asking, clusterError, codeOf, FIRST_CONTACT_MS } from '../providers/kubernetes/api-error.ts';
import type { Cluster } from '../providers/kubernetes/cluster.ts';
import { readHold } from '../providers/kubernetes/hold.ts';
import type { SpaceRef } from '../providers/kubernetes/labelled.ts';
import { removeSpace } from '../providers/kubernetes/remove-space.ts';
import { parseOwner } from '../providers/space-owner.ts';
import { ownerState } from './run-folder.ts';
import type { SweepOptions, SweptItem } from './sweep.ts';

const REMOVAL_LIMIT_MS = 90_000;
/** Their maker died, perhaps just now. */
const LOOKS = 2;

export interface ClusterSweepOptions extends Pick<SweepOptions, 'dryRun' | 'olderThanMs'> {
  /** Namespaces that cells live in without having made them. */
  readonly given?: readonly string[] | undefined;
}

/** Something that a run has left, and what says whose it is. */
interface LeftSpace {
  readonly path: string;
  readonly ref: SpaceRef;
  readonly metadata: V1ObjectMeta;
}

/**
 * Removes spaces of runs whose owner is gone: what is left where a run's folder, with its ledger, went before them. Who may
 * not list namespaces has made none.
 * @throws StepError blocked where no API server answers
 */
export async function sweepCluster(cluster: Cluster, options: ClusterSweepOptions): Promise<readonly SweptItem[]> {
  const { given = [] } = options;
  try {
    const holds = given.map((namespace) => unlessForbidden(heldSpace(cluster, namespace)));
    const found = await Promise.all([unlessForbidden(madeSpaces(cluster)), ...holds]);
    return await Promise.all(found.flat().map((left) => sweepOne(cluster, left, options)));
  } catch (error) {
    throw clusterError('what dead runs have left could not be looked for', error);
  }
}

async function madeSpaces({ core }: Cluster): Promise<readonly LeftSpace[]> {
  const list = () => core.listNamespace({ labelSelector: K8S_LABEL.run });
  const { items } = await asking(list, undefined, FIRST_CONTACT_MS);
  return items.map(({ metadata = {} }) => {
    const { name: namespace = '' } = metadata;
    return { path: `namespace ${namespace}`, ref: { namespace, space: spaceOf(metadata) }, metadata };
  });
}

async function heldSpace(cluster: Cluster, namespace: string): Promise<readonly LeftSpace[]> {
  const { metadata } = (await readHold(cluster, namespace)) ?? {};
  if (!metadata) return [];
  const ref = { namespace, space: spaceOf(metadata), given: true } as const;
  return [{ path: `what is ours in namespace ${namespace}`, ref, metadata }];
}

function spaceOf({ labels = {} }: V1ObjectMeta): string {
  return labels[K8S_LABEL.space] ?? '';
}

async function unlessForbidden(looking: Promise<readonly LeftSpace[]>): Promise<readonly LeftSpace[]> {
  return await looking.catch((error: unknown) => {
    if (codeOf(error) === 403) return [];
    throw error;
  });
}

async function sweepOne(
  cluster: Cluster,
  { path, ref, metadata }: LeftSpace,
  { dryRun, olderThanMs = 0 }: ClusterSweepOptions,
): Promise<SweptItem> {
  const owner = parseOwner(metadata.annotations?.[K8S_ANNOTATION.owner]);
  if (!owner) return { path, state: 'unknown', detail: 'no readable owner; remove it by hand if it is yours' };
  const who = `run ${owner.runId} of pid ${owner.pid}, begun ${owner.at}`;
  const state = await ownerState(owner);
  if (state === 'elsewhere') return { path, state, detail: `${who} on ${owner.host}: sweep there` };
  if (state === 'alive') return { path, state, detail: who };
  if (Date.now() - Date.parse(owner.at) < olderThanMs) return { path, state: 'young', detail: who };
  if (dryRun) return { path, state: 'would-remove', detail: `${who}, which is gone` };
  try {
    await removeSpace(cluster, ref, { limit: REMOVAL_LIMIT_MS, looks: LOOKS });
    return { path, state: 'removed', detail: `${who}, which is gone` };
  } catch (error) {
    return { path, state: 'failed', detail: (error as Error).message };
  }
}
