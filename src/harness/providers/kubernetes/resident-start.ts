import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Step } from '../../domain/outcome.ts';
import type { ResidentSpec } from '../../manifests/pod.ts';
import { oneShotPod, workloadManifest } from '../../manifests/workload.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { OpenResident, OpenSpace } from './kubernetes-space.ts';
import { layLifeline } from './lifeline.ts';
import type { PodLaunch } from './pod-launch.ts';
import { mainHasRun } from './pod-start.ts';
import { residentManifests, residentName, residentSpec, type ManifestPlace } from './resident-manifests.ts';
import { removePods } from './resident-stop.ts';
import { watchRun, type ResidentRun } from './resident-run.ts';
import { CONSOLE_LOG } from './staged-files.ts';

const GOING_LIMIT_MS = 60_000;

/** Applies all that a node or service is made of, and waits until its program runs. @throws StepError blocked */
export async function startPod(open: OpenSpace, resident: OpenResident, launch: PodLaunch): Promise<ResidentRun> {
  const { home, signal, facts, labels, settings } = open;
  await formerGone(open, resident);
  const place = { namespace: facts.namespace, labels, settings };
  const spec = await residentSpec(resident, launch, place);
  const { manifests, workload } = manifestsOf(open, resident, { spec, launch, place });
  // A small image where there is one: it may be pulled where nothing else of the cell is.
  open.lifeline ??= layLifeline(open, launch.cordappImages.at(-1)?.image ?? launch.image);
  await Promise.all([home.apply(manifests, signal), open.lifeline]);
  resident.spec = spec;
  return await runWorkload(open, resident, { ...launch, limitMb: spec.limits.memoryMb, workload });
}

export interface WorkloadRun {
  /** For messages. */
  readonly what: string;
  readonly step: Step;
  readonly limitMb: number;
  /** Whether what it wrote outlives its Pod. */
  readonly keepsFiles: boolean;
  readonly workload: KubernetesObject;
}

/** Applies what makes a resident's Pod; all else that it needs is there. @throws StepError blocked */
export async function runWorkload(
  open: OpenSpace,
  resident: OpenResident,
  { what, step, limitMb, keepsFiles, workload }: WorkloadRun,
): Promise<ResidentRun> {
  const { cluster, home, signal, watch, facts } = open;
  const run = watchRun(cluster, watch, {
    resident: resident.id,
    namespace: facts.namespace,
    consoleFile: join(resident.stage, CONSOLE_LOG),
    limitMb,
    keepsFiles,
    former: new Set(watch.pods(resident.id).map(({ metadata }) => metadata?.uid ?? '')),
  });
  // Known before it is applied: whoever stops the space must find it.
  resident.run = run;
  const started = mainHasRun(open, { resident, run, what, step });
  started.catch(() => undefined);
  await home.apply([workload], signal);
  await started;
  return run;
}

/** A program that has ended leaves a Pod, which holds the volume. */
async function formerGone(open: OpenSpace, { id, run, workload }: OpenResident): Promise<void> {
  if (!run) return;
  await removePods(open, { id, graceSeconds: 1, ...(workload === undefined ? {} : { workload }) });
  const { watch, signal } = open;
  await waitUntil(
    () => {
      const names = [...watch.pods(id), ...watch.pods(`${id}-reader`)].map(({ metadata }) => metadata?.name);
      return names.length === 0 ? { done: true, value: undefined } : { done: false, last: names.join(', ') };
    },
    { name: `end of the former Pods of ${id}`, limit: GOING_LIMIT_MS, signal },
  );
}

function manifestsOf(
  open: OpenSpace,
  resident: OpenResident,
  { spec, launch, place }: { readonly spec: ResidentSpec; readonly launch: PodLaunch; readonly place: ManifestPlace },
) {
  const { residents, settings } = open;
  const manifests = residentManifests(spec, launch, place);
  if (launch.endsByItself) return { manifests, workload: oneShotPod(spec, `${spec.id}-once`, place) };
  const taken = new Set([...residents.values()].flatMap(({ workload }) => workload ?? []));
  resident.workload ??= residentName(resident, launch, taken);
  const options = { name: resident.workload, kind: settings.workload, replicas: 1 } as const;
  return { manifests, workload: workloadManifest(spec, options, place) };
}
