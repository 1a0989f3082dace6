import { text } from 'node:stream/consumers';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoreV1Event, V1Pod, KubernetesListObject, KubernetesObject } from '@kubernetes/client-node';
import { type Step, blocked, bug, type StepError } from '../../support/step-error.ts';
import { waitUntil, WaitTimeout } from '../../support/wait.ts';
import { hasMainRun, describePods, troublesOf, type Trouble } from './trouble.ts';
import type { OpenProcess, OpenSpace } from './kubernetes-space.ts';
import { requestLog } from './console.ts';
import type { ProcessRun } from './workload.ts';
import type { ImageRef } from '../../images/image.ts';
import { nodeCommand, SERVICE_CORDAPPS, serviceCommand } from '../containers.ts';
import type { CordappImage, NodeLaunch, ServiceLaunch } from '../provider.ts';
import { K8S_LABEL } from './manifests/names.ts';
import { asking, type Cluster } from './cluster.ts';

/** Images may have to be fetched from far away; all that is certain to fail is told before. */
const START_LIMIT_MS = 600_000;
const LAST_LINES = 20;

interface Starting {
  readonly spaceProcess: OpenProcess;
  readonly run: ProcessRun;
  readonly what: string;
  readonly step: Step;
}

/** Waits until a process's program runs, or has run. @throws StepError blocked as soon as it is certain that it will not */
export async function mainHasRun(open: OpenSpace, { spaceProcess, run, what, step }: Starting): Promise<void> {
  const { watch, signal } = open;
  // Events of earlier starts are no news.
  const before = new Set(watch.events().map(versionOf));
  const since = new Map<string, number>();
  const sight = () => {
    const pods = watch.pods(spaceProcess.id).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    const fresh = watch.events().filter((event) => !before.has(versionOf(event)));
    return { pods, events: fresh.filter((event) => isAbout(event, spaceProcess, pods)) };
  };
  const probe = async () => {
    if (run.exit || (run.pod && hasMainRun(run.pod))) return { done: true, value: undefined } as const;
    const seen = sight();
    const certain = troublesOf(seen).find((trouble) => isCertain(trouble, since));
    if (certain) throw await failure(open, { what, step, trouble: certain, ...seen });
    return { done: false, last: describePods(seen.pods, seen.events).join(' / ') } as const;
  };
  try {
    await waitUntil(probe, { name: `start of ${what}`, limit: START_LIMIT_MS, signal });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const { pods, events } = sight();
    throw blocked(step, error.message, { cause: error, words: describePods(pods, events) });
  }
}

/** Whether a trouble has lasted for as long as it must. @param since when each was first seen, by its key */
export function isCertain({ key, certainAfterMs }: Trouble, since: Map<string, number>): boolean {
  const now = performance.now();
  const first = since.get(key) ?? now;
  since.set(key, first);
  return now - first >= certainAfterMs;
}

function isAbout(
  { involvedObject: { kind, name, uid } }: CoreV1Event,
  spaceProcess: OpenProcess,
  pods: readonly V1Pod[],
): boolean {
  if (kind === 'Pod') return pods.some(({ metadata }) => metadata?.uid === uid);
  if (kind === 'PersistentVolumeClaim') return name === spaceProcess.id;
  // A Deployment's ReplicaSet is named after it.
  return (
    spaceProcess.workload !== undefined &&
    (name === spaceProcess.workload || name?.startsWith(`${spaceProcess.workload}-`) === true)
  );
}

/** An event that happens again is the same object in a new version. */
function versionOf({ metadata }: CoreV1Event): string {
  return `${metadata.name} ${metadata.resourceVersion}`;
}

interface Failing {
  readonly what: string;
  readonly step: Step;
  readonly trouble: Trouble;
  readonly pods: readonly V1Pod[];
  readonly events: readonly CoreV1Event[];
}

async function failure(open: OpenSpace, { what, step, trouble, pods, events }: Failing): Promise<StepError> {
  const lines = trouble.container === undefined ? [] : await lastWords(open, pods.at(-1), trouble.container);
  const said = lines.length > 0 ? ` It said: “${lines.at(-1)}”` : '';
  const message = `${what} does not start in the cluster: ${trouble.message}.${said}`.replaceAll('..', '.');
  return blocked(step, message, { words: [...lines, ...describePods(pods, events)] });
}

/** Last log lines of the container that ended last: the present one, or the one before. */
async function lastWords(open: OpenSpace, pod: V1Pod | undefined, container: string): Promise<readonly string[]> {
  const { cluster, facts, signal } = open;
  const request = { namespace: facts.namespace, pod: pod?.metadata?.name ?? '', container, follow: false };
  for (const previous of [true, false]) {
    try {
      const answer = await requestLog(cluster, { ...request, previous, tailLines: LAST_LINES }, signal);
      // Each begins with its time; other lines are the cluster's own, about a log that it does not have any more.
      const lines = (await text(answer)).split('\n').filter((line) => /^\d{4}-/.test(line));
      if (lines.length > 0) return lines.map((line) => line.replace(/^\S+ /, ''));
    } catch {
      // It has no such container any more, or none yet.
    }
  }
  return [];
}

/** Input of a Pod. */
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
  /** It registers with its doorman by itself before it starts. */
  readonly registers?: boolean;
  /** Whether its base directory outlives its Pod. */
  readonly keepsFiles: boolean;
}

/** Pods come back with other addresses: a JVM must not remember old ones, nor that there was none yet. */
const FORGETFUL = ['-Dsun.net.inetaddr.ttl=3', '-Dsun.net.inetaddr.negative.ttl=0'];

/** @param stagingFolder the node's, on this machine */
export async function podOfNode(stagingFolder: string, launch: NodeLaunch): Promise<PodLaunch> {
  const { node, kit, jvmArgs, image, cordappImages = [], endsByItself = false } = launch;
  const release = kit.release.release.id;
  return {
    what: `${node} (${release})`,
    step: 'start',
    release,
    image: image ?? bug(`the launch of ${node} names no image`),
    command: await nodeCommand({ ...launch, jvmArgs: [...FORGETFUL, ...jvmArgs] }, stagingFolder),
    jvmArgs,
    env: {},
    cordappImages,
    endsByItself,
    keepsFiles: true,
  };
}

/** Puts what no image holds into the service's staging folder. */
export async function podOfService(stagingFolder: string, launch: ServiceLaunch): Promise<PodLaunch> {
  const { service, step, kit, cordapps, jvmArgs, image, env, cordappImages = [] } = launch;
  const folder = join(stagingFolder, SERVICE_CORDAPPS);
  await mkdir(folder, { recursive: true });
  const inImages = new Set(cordappImages.flatMap(({ jars }) => jars));
  const others = cordapps.filter(({ name }) => !inImages.has(name));
  await Promise.all(others.map(({ file, name }) => copyFile(file, join(folder, name))));
  return {
    what: service,
    step,
    release: kit.release.release.id,
    image: image ?? bug(`the launch of ${service} names no image`),
    command: serviceCommand({ ...launch, jvmArgs: [...FORGETFUL, ...jvmArgs] }),
    jvmArgs,
    env,
    cordappImages,
    endsByItself: launch.endsByItself ?? false,
    keepsFiles: launch.keepsFiles ?? false,
  };
}

const AGAIN_MS = 500;

/** The cluster's view of a space while it is up: its Pods, and the events of its namespace. */
export interface PodWatch {
  /** As they are now, newest last; without those that are gone. */
  pods(id: string): readonly V1Pod[];
  events(): readonly CoreV1Event[];
  /** Called with each Pod that is new or changed, and with each that is gone, as it was last. */
  onPod(listener: (pod: V1Pod, gone: boolean) => void): void;
  stop(): Promise<void>;
}

/** Watches the Pods of a space. A watch that ends begins again, with a list of what happened meanwhile. */
export async function watchPods(
  cluster: Cluster,
  { namespace, space }: { readonly namespace: string; readonly space: string },
): Promise<PodWatch> {
  const { core } = cluster;
  const labelSelector = `${K8S_LABEL.space}=${space}`;
  const listeners: ((pod: V1Pod, gone: boolean) => void)[] = [];
  const tell = (pod: V1Pod, gone: boolean): void => {
    for (const listener of listeners) listener(pod, gone);
  };
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const pods = informer<V1Pod>(cluster, {
    path: `${path}/pods`,
    list: () => core.listNamespacedPod({ namespace, labelSelector }),
    labelSelector,
    seen: (pod) => tell(pod, false),
    gone: (pod) => tell(pod, true),
  });
  const events = informer<CoreV1Event>(cluster, {
    path: `${path}/events`,
    list: () => core.listNamespacedEvent({ namespace }),
  });
  await Promise.all([pods.started, events.started]);
  return {
    pods: (id) =>
      pods
        .all()
        .filter(({ metadata }) => metadata?.labels?.[K8S_LABEL.process] === id)
        .sort((a, b) => createdAt(a) - createdAt(b)),
    events: () => events.all(),
    onPod: (listener) => void listeners.push(listener),
    stop: async () => {
      await Promise.all([pods.stop(), events.stop()]);
    },
  };
}

interface Informed<T extends KubernetesObject> {
  readonly path: string;
  readonly list: () => Promise<KubernetesListObject<T>>;
  readonly labelSelector?: string;
  readonly seen?: (object: T) => void;
  readonly gone?: (object: T) => void;
}

function informer<T extends KubernetesObject>(
  { client, config }: Cluster,
  { path, list, labelSelector, seen, gone }: Informed<T>,
): { started: Promise<void>; all(): T[]; stop(): Promise<void> } {
  let stopped = false;
  let again: NodeJS.Timeout | undefined;
  const watched = client.makeInformer<T>(config, path, () => asking(list), labelSelector);
  const start = (): Promise<void> => watched.start();
  // The library ends with any error and leaves it to its user to begin again.
  watched.on('error', () => {
    if (stopped) return;
    again = setTimeout(() => void start().catch(() => undefined), AGAIN_MS);
  });
  if (seen) for (const verb of ['add', 'update'] as const) watched.on(verb, seen);
  if (gone) watched.on('delete', gone);
  return {
    started: start(),
    all: () => [...watched.list()],
    stop: async () => {
      stopped = true;
      clearTimeout(again);
      await watched.stop();
    },
  };
}

/** A watch gives times as texts, whatever the types say. */
function createdAt({ metadata }: V1Pod): number {
  return metadata?.creationTimestamp === undefined ? 0 : new Date(metadata.creationTimestamp).getTime();
}
