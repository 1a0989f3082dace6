import type { V1Namespace } from '@kubernetes/client-node';
import { K8S_ANNOTATION, K8S_LABEL } from '../manifests/labels.ts';
import { asking, clusterError, codeOf, FIRST_CONTACT_MS } from '../providers/kubernetes/api-error.ts';
import type { Cluster } from '../providers/kubernetes/cluster.ts';
import { removeNamespace } from '../providers/kubernetes/labelled.ts';
import { parseOwner } from '../providers/space-owner.ts';
import { ownerState } from './run-folder.ts';
import type { SweepOptions, SweptItem } from './sweep.ts';

const REMOVAL_LIMIT_MS = 90_000;
/** Their maker died, perhaps just now. */
const LOOKS = 2;

/**
 * Removes namespaces of runs whose owner is gone: what is left where a run's folder, with its ledger, went before them. Who may
 * not list namespaces has none of ours.
 * @throws StepError blocked where no API server answers
 */
export async function sweepCluster(
  cluster: Cluster,
  options: Pick<SweepOptions, 'dryRun' | 'olderThanMs'>,
): Promise<readonly SweptItem[]> {
  try {
    const { items } = await asking(
      () => cluster.core.listNamespace({ labelSelector: K8S_LABEL.run }),
      undefined,
      FIRST_CONTACT_MS,
    );
    return await Promise.all(items.map((namespace) => sweepOne(cluster, namespace, options)));
  } catch (error) {
    if (codeOf(error) === 403) return [];
    throw clusterError('namespaces that dead runs have left could not be looked for', error);
  }
}

async function sweepOne(
  cluster: Cluster,
  { metadata }: V1Namespace,
  { dryRun, olderThanMs = 0 }: Pick<SweepOptions, 'dryRun' | 'olderThanMs'>,
): Promise<SweptItem> {
  const namespace = metadata?.name ?? '';
  const path = `namespace ${namespace}`;
  const owner = parseOwner(metadata?.annotations?.[K8S_ANNOTATION.owner]);
  if (!owner) return { path, state: 'unknown', detail: 'no readable owner; remove it by hand if it is yours' };
  const who = `run ${owner.runId} of pid ${owner.pid}, begun ${owner.at}`;
  const state = await ownerState(owner);
  if (state === 'elsewhere') return { path, state, detail: `${who} on ${owner.host}: sweep there` };
  if (state === 'alive') return { path, state, detail: who };
  if (Date.now() - Date.parse(owner.at) < olderThanMs) return { path, state: 'young', detail: who };
  if (dryRun) return { path, state: 'would-remove', detail: `${who}, which is gone` };
  try {
    const space = metadata?.labels?.[K8S_LABEL.space] ?? '';
    await removeNamespace(cluster, { namespace, space }, { limit: REMOVAL_LIMIT_MS, looks: LOOKS });
    return { path, state: 'removed', detail: `${who}, which is gone` };
  } catch (error) {
    return { path, state: 'failed', detail: (error as Error).message };
  }
}
