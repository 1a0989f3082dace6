import { text } from 'node:stream/consumers';
import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { Cell } from '../config/cell.ts';
import { blocked } from '../support/step-error.ts';
import {
  applyAll,
  type Cluster,
  clusterAddressOf,
  clusterAt,
  asking,
  codeOf,
  FIRST_CONTACT_MS,
  unlessAbsent,
} from '../providers/kubernetes/cluster.ts';
import { lookUpNamespace } from '../providers/kubernetes/labelled.ts';
import { watchPods, isCertain, type PodWatch } from '../providers/kubernetes/pod-start.ts';
import type { ByHandConfig } from './compose.ts';
import { makeConfig, type ByHandHost, type ConfigOrder } from './make-config.ts';
import { MAIN_CONTAINER } from '../providers/kubernetes/manifests/pod.ts';
import { STARTED } from '../provision/nodes.ts';
import { isMainRunning, mainStatus, describePods, troublesOf, type Trouble } from '../providers/kubernetes/trouble.ts';
import { requestLog } from '../providers/kubernetes/console.ts';
import { waitLimit } from '../provision/cell-words.ts';
import { waitUntil, WaitTimeout } from '../support/wait.ts';
import type { AttachDocument } from './attached.ts';

/** Called once an object is in the cluster, so that an error can name what stays. */
export interface UpHost extends ByHandHost {
  readonly applied: (config: ByHandConfig) => void;
}

/**
 * Writes a cell's configuration, applies it, and waits until its nodes are up (or not, where none is wanted yet).
 * @throws StepError; what was applied by then stays
 */
export async function bringUpByHand(order: ConfigOrder, host: UpHost): Promise<ByHandConfig> {
  const { signal, progress } = host;
  const { cell, namespace, replicas } = order;
  const cluster = await clusterAt(clusterAddressOf({ ...host.env }));
  // Before anything is built for it.
  await refuseTaken(cluster, namespace);
  const config = await makeConfig(order, host);
  await refuseTaken(cluster, namespace);
  host.applied(config);
  const say = (text: string) => progress.say(text, cell.name);
  say(`applying ${config.folders.flatMap(({ objects }) => objects).length} objects in namespace ${namespace}`);
  await apply(cluster, config, signal);
  if (replicas === 0) return config;
  const watch = await watchPods(cluster, { namespace, space: namespace });
  try {
    await untilUp({ cell, cluster, namespace, document: config.attach, watch, signal, say });
  } finally {
    await watch.stop();
  }
  return config;
}

/** The namespace before what is in it, its limits before Pods, files before who reads them. */
async function apply(cluster: Cluster, { folders }: ByHandConfig, signal: AbortSignal): Promise<void> {
  const [ofNamespace, ...others] = folders.map(({ objects }) => objects);
  const isLast = ({ kind = '' }) => kind === 'StatefulSet' || kind === 'Deployment';
  const rest = others.flat();
  const [first, ...limits] = ofNamespace ?? [];
  const waves = [first ? [first] : [], limits, rest.filter((each) => !isLast(each)), rest.filter(isLast)];
  for (const wave of waves) await applyAll(cluster, wave, signal);
}

/** Keys and passwords of a second configuration would not fit what the first has left. */
async function refuseTaken(cluster: Cluster, name: string): Promise<void> {
  if (!(await lookUpNamespace(cluster, name, FIRST_CONTACT_MS))) return;
  const context = cluster.config.getCurrentContext();
  const advice = `name another one, or remove it if it is of a former network: npx corda-compat down -n ${name}`;
  throw blocked('space', `there is a namespace ${name} already in the cluster of context ${context}: ${advice}`);
}

export interface Attached {
  readonly cell: Cell;
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly document: AttachDocument;
  readonly watch: PodWatch;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

type Workload = AttachDocument['workloads'][number];

const EVERY_MS = 500;

/** Waits until all Pods are ready and all nodes have said that they are up. @throws StepError blocked (start) */
export async function untilUp(attached: Attached): Promise<void> {
  const { cell, document, namespace, signal } = attached;
  const waiting = new Map(document.workloads.map((each) => [each.resident, { ...each, said: '' }]));
  const since = new Map<string, number>();
  const probe = async () => {
    const looks = await Promise.all(
      [...waiting.values()].map(async (each) => ({ each, lacks: await lackOf(attached, each) })),
    );
    for (const { each, lacks } of looks) tell(attached, each, lacks);
    for (const { each, lacks } of looks) if (lacks === undefined) waiting.delete(each.resident);
    if (waiting.size === 0) return { done: true, value: undefined } as const;
    for (const each of waiting.values()) failIfCertain(attached, each, since);
    return { done: false, last: [...waiting.values()].map(({ name, said }) => `${name}: ${said}`).join('; ') } as const;
  };
  const name = `${cell.name} in namespace ${namespace}: all nodes up`;
  try {
    await waitUntil(probe, { name, limit: waitLimit(cell), every: EVERY_MS, signal });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const left = [...waiting.values()];
    const words = left.flatMap((each) => describePods(podsOf(attached, each), eventsOf(attached, each)));
    const advice = `See more: kubectl describe pods -n ${namespace}`;
    throw blocked('start', `${error.message}. ${advice}`, { cause: error, words });
  }
}

/** Tells what a workload lacks, when that is new. */
function tell({ say, document }: Attached, workload: Workload & { said: string }, lacks: string | undefined): void {
  const { resident: id, name } = workload;
  const text = lacks ?? 'is up';
  if (text === workload.said) return;
  workload.said = text;
  const release = document.nodes.find(({ id }) => id === workload.resident)?.release;
  say(`${id}${release === undefined ? '' : ` (${release})`} of ${name}: ${text}`);
}

/** @returns `undefined` where it is up */
async function lackOf(attached: Attached, workload: Workload): Promise<string | undefined> {
  const pod = podsOf(attached, workload).at(-1);
  if (!pod) return await podsWanted(attached, workload);
  const name = pod.metadata?.name ?? '';
  if (!isMainRunning(pod)) return `its Pod ${name} is ${pod.status?.phase ?? 'not there yet'}`;
  const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  if (!isReady) return `its Pod ${name} runs, and is not ready yet`;
  const isNode = attached.document.nodes.some(({ id }) => id === workload.resident);
  return !isNode || (await hasStarted(attached, pod)) ? undefined : `its Pod ${name} is ready, the node not up yet`;
}

/** The beginning of an old log may be gone: who has run for longer than a start takes, and is ready, has started. */
async function hasStarted({ cell, cluster, namespace, signal }: Attached, pod: V1Pod): Promise<boolean> {
  const startedAt = mainStatus(pod)?.state?.running?.startedAt;
  if (startedAt !== undefined && Date.now() - new Date(startedAt).getTime() > cell.limits.start) return true;
  const where = { namespace, pod: pod.metadata?.name ?? '', container: MAIN_CONTAINER };
  const request = { ...where, follow: false, previous: false };
  // Its Pod may just go: the next look finds another.
  return await requestLog(cluster, request, signal).then(
    async (answer) => STARTED.test(await text(answer)),
    () => false,
  );
}

function failIfCertain(attached: Attached, workload: Workload, since: Map<string, number>): void {
  const { cell, namespace } = attached;
  const [pods, events] = [podsOf(attached, workload), eventsOf(attached, workload)];
  const certain = troublesOf({ pods, events })
    .map((trouble) => patiently(trouble, attached, workload))
    .find((trouble) => isCertain(trouble, since));
  if (!certain) return;
  const what = `${cell.name}: ${workload.name} does not start in namespace ${namespace}`;
  throw blocked('start', `${what}: ${certain.message}`, { words: describePods(pods, events) });
}

/** A node that registers may have to try again until others are there: its restarts are no trouble yet. */
function patiently(trouble: Trouble, { cell }: Attached, { resident: id }: Workload): Trouble {
  const key = `${id} ${trouble.key}`;
  const mayPass = cell.topology.onboarding === 'doorman' && /(CrashLoopBackOff|failed)$/.test(trouble.key);
  return { ...trouble, key, ...(mayPass ? { certainAfterMs: Infinity } : {}) };
}

function podsOf({ watch }: Attached, { resident: id }: Workload): readonly V1Pod[] {
  return watch.pods(id).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
}

/** Events of its Pods; those of its workload only if it has no Pods, since they may be old. */
function eventsOf(attached: Attached, workload: Workload): readonly CoreV1Event[] {
  const pods = podsOf(attached, workload);
  return attached.watch.events().filter(({ involvedObject: { kind, name, uid } }) => {
    if (kind === 'Pod') return pods.some(({ metadata }) => metadata?.uid === uid);
    const isOurs = name === workload.name || name?.startsWith(`${workload.name}-`) === true;
    return (isOurs || name === workload.resident) && pods.length === 0;
  });
}

/** Why a workload has no Pod, and what to do. */
async function podsWanted({ cluster: { apps }, namespace }: Attached, { name, kind }: Workload): Promise<string> {
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
    // A user who may only read Pods can still attach.
    if (codeOf(error) === 403) return 'no Pod';
    throw error;
  }
}
