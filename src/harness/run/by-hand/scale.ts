import { asking, codeOf, unlessAbsent } from '../../providers/kubernetes/api-error.ts';
import type { Cluster } from '../../providers/kubernetes/cluster.ts';
import type { AttachDocument } from './attach-document.ts';

/** Why a workload has no Pod, and what to do. */
export async function podsWanted(
  { cluster: { apps }, namespace }: { readonly cluster: Cluster; readonly namespace: string },
  { name, kind }: AttachDocument['workloads'][number],
): Promise<string> {
  const read = () =>
    kind === 'deployment'
      ? apps.readNamespacedDeployment({ name, namespace })
      : apps.readNamespacedStatefulSet({ name, namespace });
  try {
    const workload = await unlessAbsent(asking(read));
    if (!workload) return `there is no ${kind} ${name}: apply it`;
    if (workload.spec?.replicas === 0) return `scaled to 0: kubectl scale ${kind} ${name} --replicas=1 -n ${namespace}`;
    return 'no Pod yet';
  } catch (error) {
    // Who may look at Pods alone still can attach.
    if (codeOf(error) === 403) return 'no Pod';
    throw error;
  }
}
