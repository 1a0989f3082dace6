import { join } from 'node:path';
import { containerLimits } from '../../domain/container-limits.ts';
import type { ImageRef } from '../../domain/image.ts';
import type { Step } from '../../domain/outcome.ts';
import { fileObjects } from '../../manifests/files.ts';
import { workloadName } from '../../manifests/names.ts';
import type { ResidentSpec } from '../../manifests/pod.ts';
import { claimManifest, envManifest, oneShotPod, serviceManifest, workloadManifest } from '../../manifests/workload.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { CordappImage } from '../provider.ts';
import { applyAll } from './cluster.ts';
import type { OpenResident, OpenSpace } from './kubernetes-space.ts';
import { layLifeline } from './lifeline.ts';
import { mainHasRun } from './pod-start.ts';
import { removePods } from './resident-stop.ts';
import { watchRun, type ResidentRun } from './resident-run.ts';
import { CONSOLE_LOG, stagedFiles } from './staged-files.ts';

/** What a Pod is made from. */
export interface PodLaunch {
  /** For messages: `party-a (4.10)`. */
  readonly what: string;
  readonly step: Step;
  readonly release: string;
  readonly image: ImageRef;
  readonly command: readonly string[];
  readonly jvmArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cordappImages: readonly CordappImage[];
  readonly endsByItself: boolean;
  /** Whether its base directory outlives its Pod. */
  readonly keepsFiles: boolean;
}

const GOING_LIMIT_MS = 60_000;
const GRACE_SECONDS = 10;

/** Applies all that a node or service is made of, and waits until its program runs. @throws StepError blocked */
export async function startPod(open: OpenSpace, resident: OpenResident, launch: PodLaunch): Promise<ResidentRun> {
  const { cluster, signal, watch, facts } = open;
  await formerGone(open, resident);
  const spec = await specOf(open, resident, launch);
  const { manifests, workload } = manifestsOf(open, resident, { spec, launch });
  // A small image where there is one: it may be pulled where nothing else of the cell is.
  open.lifeline ??= layLifeline(open, launch.cordappImages.at(-1)?.image ?? launch.image);
  await Promise.all([applyAll(cluster, manifests, signal), open.lifeline]);
  const run = watchRun(cluster, watch, {
    resident: resident.id,
    namespace: facts.namespace,
    consoleFile: join(resident.stage, CONSOLE_LOG),
    limitMb: spec.limits.memoryMb,
    former: new Set(watch.pods(resident.id).map(({ metadata }) => metadata?.uid ?? '')),
  });
  // Known before it is applied: whoever stops the space must find it.
  resident.run = run;
  resident.spec = spec;
  const started = mainHasRun(open, { resident, run, ...launch });
  started.catch(() => undefined);
  await applyAll(cluster, [workload], signal);
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

async function specOf(
  { facts, labels, settings }: OpenSpace,
  resident: OpenResident,
  launch: PodLaunch,
): Promise<ResidentSpec> {
  const { id, stage, isNode, memoryMb, ports } = resident;
  const covered = new Set(launch.cordappImages.flatMap(({ jars }) => jars.map((jar) => `cordapps/${jar}`)));
  const files = await stagedFiles(stage, covered);
  const placed = { namespace: facts.namespace, labels };
  const env = Object.keys(launch.env).length > 0 ? envManifest(id, launch.env, placed).metadata?.name : undefined;
  return {
    id,
    image: launch.image,
    command: launch.command,
    ports,
    limits: containerLimits(memoryMb, launch.jvmArgs, Infinity),
    memoryMb,
    files: fileObjects(files, { name: id, ...placed }),
    cordappImages: launch.cordappImages.map(({ image }) => image),
    pullSecret: settings.login !== undefined,
    probe: isNode ? 'listens' : { port: ports[0]?.port ?? 0 },
    graceSeconds: GRACE_SECONDS,
    ...(env === undefined ? {} : { envSecret: env }),
    ...(launch.keepsFiles ? { claim: id } : {}),
  };
}

function manifestsOf(
  open: OpenSpace,
  resident: OpenResident,
  { spec, launch }: { readonly spec: ResidentSpec; readonly launch: PodLaunch },
) {
  const { facts, labels, settings } = open;
  const { id } = resident;
  const placed = { namespace: facts.namespace, labels };
  const { storageClass } = settings;
  const manifests = [
    serviceManifest(spec, placed),
    ...spec.files.objects,
    ...(spec.envSecret === undefined ? [] : [envManifest(id, launch.env, placed)]),
    ...(launch.keepsFiles
      ? [claimManifest({ id, ...(storageClass === undefined ? {} : { storageClass }) }, placed)]
      : []),
  ];
  if (launch.endsByItself) return { manifests, workload: oneShotPod(spec, `${id}-once`, placed) };
  resident.workload ??= nameFor(open, resident, launch);
  const options = { name: resident.workload, kind: settings.workload, replicas: 1 } as const;
  return { manifests, workload: workloadManifest(spec, options, placed) };
}

function nameFor({ residents }: OpenSpace, { id, isNode }: OpenResident, { release, image }: PodLaunch): string {
  if (!isNode) return id;
  const taken = new Set([...residents.values()].flatMap(({ workload }) => workload ?? []));
  return workloadName({ release, id, notary: image.component === 'notary' }, taken);
}
