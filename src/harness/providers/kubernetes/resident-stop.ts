import type { NodeExit } from '../provider.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { K8S_LABEL } from '../../manifests/labels.ts';
import { asking, unlessAbsent } from './api-error.ts';
import type { OpenResident, OpenSpace } from './kubernetes-space.ts';

/** From SIGKILL until a Pod must be gone. */
const KILL_LIMIT_MS = 30_000;

/** Ends a resident's program: SIGTERM, then SIGKILL after the grace. Resolves when it is gone. */
export async function stopResident(open: OpenSpace, resident: OpenResident, graceMs: number): Promise<NodeExit> {
  const { id, run, workload } = resident;
  if (!run) throw new Error(`${id} was never started: this is a bug in the harness`);
  if (run.exit) return run.exit;
  run.stopping();
  // Whole seconds; 0 would take its Pod off the list while it still runs.
  const graceSeconds = Math.max(1, Math.ceil(graceMs / 1000));
  await removePods(open, { id, graceSeconds, ...(workload === undefined ? {} : { workload }) });
  return await waitUntil(
    () => (run.exit ? { done: true, value: run.exit } : { done: false, last: lastState(run.pod) }),
    {
      name: `exit of ${id} of space ${open.space.id}`,
      limit: graceSeconds * 1000 + KILL_LIMIT_MS,
      every: 20,
    },
  );
}

export interface RemovePods {
  readonly id: string;
  readonly graceSeconds: number;
  readonly workload?: string;
}

/** Lets a resident have no Pod: what would make it anew is told not to, then those that there are go. */
export async function removePods(open: OpenSpace, { id, graceSeconds, workload }: RemovePods): Promise<void> {
  const { cluster, facts, labels, settings } = open;
  const { namespace } = facts;
  const { apps, core, client } = cluster;
  if (workload !== undefined) {
    const merge = client.setHeaderOptions('Content-Type', client.PatchStrategy.MergePatch);
    const request = { name: workload, namespace, body: { spec: { replicas: 0 } } };
    const scale = () =>
      settings.workload === 'deployment'
        ? apps.patchNamespacedDeploymentScale(request, merge)
        : apps.patchNamespacedStatefulSetScale(request, merge);
    await unlessAbsent(asking<unknown>(scale));
  }
  const space = `${K8S_LABEL.space}=${labels[K8S_LABEL.space] ?? ''}`;
  const labelSelector = `${space},${K8S_LABEL.resident} in (${id},${id}-reader)`;
  await asking(() =>
    core.deleteCollectionNamespacedPod({ namespace, labelSelector, gracePeriodSeconds: graceSeconds }),
  );
}

function lastState(pod: { status?: { phase?: string } } | undefined): string {
  return `its Pod is ${pod?.status?.phase ?? 'not there'}`;
}
