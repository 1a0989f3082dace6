import { join } from 'node:path';
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import { bug, type Step } from '../../support/step-error.ts';
import type { ProcessSpec } from './manifests/pod.ts';
import {
  oneShotPod,
  workloadManifest,
  type Placed,
  claimManifest,
  envManifest,
  serviceManifest,
} from './manifests/workload.ts';
import { waitUntil, withLimit } from '../../support/wait.ts';
import type { OpenProcess, OpenSpace } from './kubernetes-space.ts';
import { layLifeline } from './lifeline.ts';
import { type PodLaunch, mainHasRun } from './pod-start.ts';
import { stagingFiles } from './pod-files.ts';
import { K8S_LABEL, workloadName } from './manifests/names.ts';
import type { NodeExit, SpaceProcess } from '../provider.ts';
import { asking, unlessAbsent } from './cluster.ts';
import { followConsole } from './console.ts';
import { exitOf, mainEnd, selfEnd } from './trouble.ts';
import { CONSOLE_LOG, containerLimits, PORTS_INSIDE, SERVICE_PORT_INSIDE } from '../containers.ts';
import { fileObjects } from './manifests/files.ts';
import type { SpaceSize } from './manifests/namespace.ts';
import type { KubernetesSettings } from './kubernetes-provider.ts';

const GOING_LIMIT_MS = 60_000;

/** Applies all that a node or service is made of, and waits until its program runs. @throws StepError blocked */
export async function startPod(open: OpenSpace, spaceProcess: OpenProcess, launch: PodLaunch): Promise<ProcessRun> {
  const { home, signal, facts, labels, settings } = open;
  await formerGone(open, spaceProcess);
  const place = { namespace: facts.namespace, labels, settings };
  const spec = await processSpec(spaceProcess, launch, place);
  const { manifests, workload } = manifestsOf(open, spaceProcess, { spec, launch, place });
  // A small image where there is one: it may be pulled where nothing else of the cell is.
  open.lifeline ??= layLifeline(open, launch.cordappImages.at(-1)?.image ?? launch.image);
  await Promise.all([home.apply(manifests, signal), open.lifeline]);
  spaceProcess.spec = spec;
  return await runWorkload(open, spaceProcess, { ...launch, limitMb: spec.limits.memoryMb, workload });
}

export interface WorkloadRun {
  /** For messages. */
  readonly what: string;
  readonly step: Step;
  /** Limit of its container, for words about its end. */
  readonly limitMb: number;
  /** Whether what it wrote outlives its Pod. */
  readonly keepsFiles: boolean;
  readonly workload: KubernetesObject;
}

/** Applies what makes a process's Pod; all else that it needs is there. @throws StepError blocked */
export async function runWorkload(
  open: OpenSpace,
  spaceProcess: OpenProcess,
  { what, step, limitMb, keepsFiles, workload }: WorkloadRun,
): Promise<ProcessRun> {
  const { home, signal } = open;
  const run = watchRun(open, spaceProcess, { limitMb, keepsFiles });
  // Set before the apply, so that a stop of the space finds it.
  spaceProcess.run = run;
  const started = mainHasRun(open, { spaceProcess, run, what, step });
  started.catch(() => undefined);
  await home.apply([workload], signal);
  await started;
  return run;
}

/** A program that has ended leaves a Pod, which holds the volume. */
async function formerGone(open: OpenSpace, spaceProcess: OpenProcess): Promise<void> {
  const { id, run } = spaceProcess;
  if (!run) return;
  await removePods(open, spaceProcess, 1);
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
  spaceProcess: OpenProcess,
  { spec, launch, place }: { readonly spec: ProcessSpec; readonly launch: PodLaunch; readonly place: ManifestPlace },
) {
  const { processes, settings } = open;
  const manifests = processManifests(spec, launch, place);
  if (launch.endsByItself) return { manifests, workload: oneShotPod(spec, `${spec.id}-once`, place) };
  const taken = new Set([...processes.values()].flatMap(({ workload }) => workload ?? []));
  spaceProcess.workload ??= processName(spaceProcess, launch, taken);
  const options = { name: spaceProcess.workload, kind: settings.workload, replicas: 1 } as const;
  return { manifests, workload: workloadManifest(spec, options, place) };
}

/** From the end of a program to the end of its output. */
const OUTPUT_LIMIT_MS = 10_000;

/** A process's program from its start until it ended by itself or was stopped; a Pod that was taken away and came back is one run. */
export interface ProcessRun {
  /** Resolves when it has ended and all that it printed is in its file. Never rejects. */
  readonly exited: Promise<NodeExit>;
  /** Set as soon as it has ended. */
  exit?: NodeExit;
  /** The Pod that was seen last. */
  pod?: V1Pod;
  /** A Pod of it was taken away while it ran, in words. */
  lost?: string;
  /** From now on the end of its Pod is its end. */
  stopping(): void;
  /** Its Pods are gone for good. */
  close(): Promise<void>;
}

/** Looks at what a process's Pods do. */
function watchRun(
  { cluster, watch, facts }: OpenSpace,
  { id, stagingFolder }: OpenProcess,
  { limitMb, keepsFiles }: Pick<WorkloadRun, 'limitMb' | 'keepsFiles'>,
): ProcessRun {
  const console = followConsole(cluster, facts.namespace, join(stagingFolder, CONSOLE_LOG));
  /** Pods of earlier runs, which may still be going. */
  const former = new Set(watch.pods(id).map(({ metadata }) => metadata?.uid ?? ''));
  let stopping = false;
  let ending: Promise<void> | undefined;
  let resolve: (exit: NodeExit) => void = () => undefined;
  const exited = new Promise<NodeExit>((done) => (resolve = done));
  const run: ProcessRun = {
    exited,
    stopping: () => void (stopping = true),
    close: async () => {
      end({ code: null, signal: null, why: 'its Pod was deleted' });
      await ending;
    },
  };

  const end = (exit: NodeExit): void => {
    ending ??= (async () => {
      await withLimit(console.quiet(), { name: `output of ${id}`, limit: OUTPUT_LIMIT_MS }).catch(() => undefined);
      await console.stop();
      run.exit = exit;
      resolve(exit);
    })();
  };

  watch.onPod((pod, gone) => {
    if (pod.metadata?.labels?.[K8S_LABEL.process] !== id || former.has(pod.metadata.uid ?? '')) return;
    if (ending) return;
    run.pod = pod;
    console.see(pod, gone);
    const { name, deletionTimestamp } = pod.metadata;
    if (!stopping && (gone || deletionTimestamp)) {
      const back = keepsFiles ? 'it comes back with its volume' : 'the next Pod starts without its files';
      run.lost ??= `its Pod ${name} was deleted or evicted from outside; ${back}`;
    }
    const own = selfEnd(pod) ?? (stopping ? mainEnd(pod) : undefined);
    if (own) end(exitOf(own, limitMb));
    else if (gone && stopping) end({ code: null, signal: null, why: 'its Pod ended without a status' });
  });
  return run;
}

/** From SIGKILL until a Pod must be gone. */
const KILL_LIMIT_MS = 30_000;

/** Ends a process's program: SIGTERM, then SIGKILL after the grace. Resolves when it is gone. */
export async function stopProcess(open: OpenSpace, spaceProcess: OpenProcess, graceMs: number): Promise<NodeExit> {
  const { id, run } = spaceProcess;
  if (!run) bug(`${id} was never started`);
  if (run.exit) return run.exit;
  run.stopping();
  // Whole seconds; 0 would take its Pod off the list while it still runs.
  const graceSeconds = Math.max(1, Math.ceil(graceMs / 1000));
  await removePods(open, spaceProcess, graceSeconds);
  return await waitUntil(
    () => (run.exit ? { done: true, value: run.exit } : { done: false, last: lastState(run.pod) }),
    { name: `exit of ${id} of space ${open.space.id}`, limit: graceSeconds * 1000 + KILL_LIMIT_MS, every: 20 },
  );
}

/** Removes a process's Pods: first its workload is scaled to none, then the Pods are deleted. */
export async function removePods(
  open: OpenSpace,
  spaceProcess: OpenProcess,
  gracePeriodSeconds: number,
): Promise<void> {
  const { id, workload } = spaceProcess;
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
  const labelSelector = `${space},${K8S_LABEL.process} in (${id},${id}-reader)`;
  await asking(() => core.deleteCollectionNamespacedPod({ namespace, labelSelector, gracePeriodSeconds }));
}

function lastState(pod: { status?: { phase?: string } } | undefined): string {
  return `its Pod is ${pod?.status?.phase ?? 'not there'}`;
}

/** A node or service with its staging folder. */
export interface PreparedProcess extends SpaceProcess {
  readonly isNode: boolean;
  readonly stagingFolder: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

/** The common part of a space's manifests. */
export interface ManifestPlace extends Placed {
  readonly settings: Pick<KubernetesSettings, 'storageClass' | 'login'>;
}

const GRACE_SECONDS = 10;

export function preparedProcess(
  { id, memoryMb }: SpaceProcess,
  stagingFolder: string,
  isNode: boolean,
): PreparedProcess {
  const ports = isNode
    ? Object.entries(PORTS_INSIDE).map(([name, port]) => ({ name, port }))
    : [{ name: 'http', port: SERVICE_PORT_INSIDE }];
  return { id, isNode, memoryMb, stagingFolder, ports };
}

/** Total size of a space's processes. */
export function spaceSize(processes: readonly SpaceProcess[]): SpaceSize {
  const sizes = processes.map(({ memoryMb }) => containerLimits(memoryMb, [], 1).memoryMb);
  return { processes: processes.length, memoryMb: sizes.reduce((sum, mb) => sum + mb, 0) };
}

/** Reads the staging folder. */
export async function processSpec(
  spaceProcess: PreparedProcess,
  launch: PodLaunch,
  { settings, ...placed }: ManifestPlace,
): Promise<ProcessSpec> {
  const { id, stagingFolder, isNode, memoryMb, ports } = spaceProcess;
  const covered = new Set(launch.cordappImages.flatMap(({ jars }) => jars.map((jar) => `cordapps/${jar}`)));
  const { files, confEnv } = await stagingFiles(stagingFolder, covered);
  const secretOf = (env: Readonly<Record<string, string>>) =>
    Object.keys(env).length > 0 ? envManifest(id, env, placed) : undefined;
  const [envSecret, confSecret] = [secretOf(launch.env), secretOf(confEnv)];
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
    ...(envSecret ? { envSecret } : {}),
    ...(confSecret ? { confSecret } : {}),
    ...(launch.keepsFiles ? { claim: id } : {}),
    ...(launch.registers ? { registers: true } : {}),
  };
}

/** All that a process's Pod needs before it is there. */
export function processManifests(
  spec: ProcessSpec,
  launch: Pick<PodLaunch, 'keepsFiles'>,
  { settings: { storageClass }, ...placed }: ManifestPlace,
): readonly KubernetesObject[] {
  const { id, files, envSecret, confSecret } = spec;
  return [
    serviceManifest(spec, placed),
    ...files.objects,
    ...[envSecret, confSecret].filter((secret) => secret !== undefined),
    ...(launch.keepsFiles ? [claimManifest({ id, storageClass }, placed)] : []),
  ];
}

/** Name of its StatefulSet or Deployment: the release for nodes, the id for services. */
export function processName(
  { id, isNode }: Pick<PreparedProcess, 'id' | 'isNode'>,
  { release, image }: Pick<PodLaunch, 'release' | 'image'>,
  taken: ReadonlySet<string>,
): string {
  return isNode ? workloadName({ release, id, notary: image.component === 'notary' }, taken) : id;
}
