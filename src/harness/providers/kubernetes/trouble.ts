import type {
  CoreV1Event,
  V1ContainerStatus,
  V1Pod,
  V1ContainerState,
  V1ContainerStateTerminated,
} from '@kubernetes/client-node';
import { MAIN_CONTAINER } from './manifests/pod.ts';
import type { NodeExit } from '../provider.ts';

/** Why a Pod will not run, as the cluster tells. */
export interface Trouble {
  /** The same trouble has the same key. */
  readonly key: string;
  /** The cluster's message, and the remedy. */
  readonly message: string;
  /** Milliseconds that it must last to be certain: some pass by themselves. */
  readonly certainAfterMs: number;
  /** The container whose last words may tell more. */
  readonly container?: string;
}

export interface Sight {
  readonly pods: readonly V1Pod[];
  /** Events of these Pods, their workload and their claim, without those of earlier starts. */
  readonly events: readonly CoreV1Event[];
}

/** The image cannot be pulled. */
const HOPELESS_PULL = /not found|\b404\b|invalid reference|manifest unknown/i;
/** Another user might pull it. */
const REFUSED_PULL = /unauthorized|denied|forbidden|\b40[13]\b|no basic auth/i;
/** The node's agent had no look at the pull secret in time, pulled without it, and tries again after 10 s and another 20 s. */
const PULLED_WITHOUT_SECRET = 'FailedToRetrieveImagePullSecret';
const SECONDS = 1000;

/** Reasons why a process does not start; several may hold at once, the most telling first. */
export function troublesOf({ pods, events }: Sight): readonly Trouble[] {
  return [
    ...pods.flatMap((pod) => containerTroubles(pod, events)),
    ...events.flatMap(eventTrouble),
    ...pods.flatMap(podTroubles),
  ];
}

function containerTroubles({ status }: V1Pod, events: readonly CoreV1Event[]): readonly Trouble[] {
  const waits = (each: V1ContainerStatus): readonly Trouble[] => waitTrouble(each, events);
  const inits = (status?.initContainerStatuses ?? []).flatMap((each) => [...waits(each), ...initTrouble(each)]);
  const mains = (status?.containerStatuses ?? []).flatMap((each) => [...runTrouble(each), ...waits(each)]);
  return [...inits, ...mains];
}

/** Its program is not in the image, or may not be run. */
function runTrouble({ name, image, state, lastState }: V1ContainerStatus): readonly Trouble[] {
  const failed = [state?.terminated, lastState?.terminated].find((end) => NEVER_RAN.test(end?.reason ?? ''));
  if (!failed) return [];
  const message = `${failed.reason}: ${failed.message?.trim()}. The image is ${image}`;
  return [{ key: `${name} ${failed.reason}`, message, certainAfterMs: 0 }];
}

function waitTrouble({ name, image, state, lastState }: V1ContainerStatus, events: readonly CoreV1Event[]) {
  const { reason = '', message = '' } = state?.waiting ?? {};
  const trouble = (certainAfterMs: number, advice: string, container?: string): readonly Trouble[] => [
    {
      key: `${name} ${reason}`,
      message: `${reason}: ${message || stateInWords(lastState)}. ${advice}`,
      certainAfterMs,
      ...(container === undefined ? {} : { container }),
    },
  ];
  switch (reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'RegistryUnavailable':
      return trouble(
        pullPatienceMs(message, events),
        `The cluster must reach ${image} with the user and password of COMPAT_REGISTRY`,
      );
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return trouble(0, `The image is ${image}`);
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return trouble(
        /failed to sync/.test(message) ? 30 * SECONDS : 1 * SECONDS,
        'Its Pod cannot be run as it is',
        name,
      );
    case 'CrashLoopBackOff':
      return trouble(0, 'Its program ends again and again', name);
    default:
      return [];
  }
}

/** How long a failing pull must last: events come a little after what they tell of. */
function pullPatienceMs(message: string, events: readonly CoreV1Event[]): number {
  if (!REFUSED_PULL.test(message)) return HOPELESS_PULL.test(message) ? 0 : 20 * SECONDS;
  return events.some(({ reason }) => reason === PULLED_WITHOUT_SECRET) ? 45 * SECONDS : 3 * SECONDS;
}

/** One that failed twice fails always: it does nothing but copy files. */
function initTrouble({ name, state, lastState, restartCount }: V1ContainerStatus): readonly Trouble[] {
  const failed = [state?.terminated, lastState?.terminated].find((end) => end !== undefined && end.exitCode !== 0);
  if (!failed) return [];
  const oom = failed.reason === 'OOMKilled' ? 'It wanted more memory than it may take' : 'Its log tells why';
  return [
    {
      key: `${name} failed`,
      message: `the init container ${name} ended with status ${failed.exitCode} (${failed.reason ?? ''}). ${oom}`,
      certainAfterMs: restartCount > 0 ? 0 : 5 * SECONDS,
      container: name,
    },
  ];
}

function eventTrouble({ reason = '', message = '', involvedObject, count = 1 }: CoreV1Event): readonly Trouble[] {
  const of = (certainAfterMs: number, advice: string): readonly Trouble[] => [
    { key: `${involvedObject.kind} ${reason}`, message: `${reason}: ${message.trim()}. ${advice}`, certainAfterMs },
  ];
  switch (reason) {
    case 'FailedCreate':
      if (/status unknown for quota|serviceaccount .* not found/i.test(message)) return [];
      if (/exceeded quota/.test(message)) return of(0, 'Raise the quota of the namespace');
      return of(/forbidden|PodSecurity/.test(message) ? 0 : 10 * SECONDS, 'The cluster makes no Pod for it');
    case 'ProvisioningFailed':
    case 'FailedBinding':
      return of(
        /not found|no storage class/i.test(message) || count > 1 ? 0 : 10 * SECONDS,
        'Name a storage class that makes volumes with COMPAT_STORAGE_CLASS: kubectl get storageclass',
      );
    case 'FailedMount':
    case 'FailedAttachVolume':
      return of(30 * SECONDS, 'Its volumes cannot be used');
    case 'FailedCreatePodSandBox':
      return of(30 * SECONDS, 'The node of the cluster cannot run Pods');
    default:
      return [];
  }
}

function podTroubles({ metadata, status }: V1Pod): readonly Trouble[] {
  const name = metadata?.name ?? '';
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const troubles: Trouble[] = [];
  if (unscheduled?.reason === 'Unschedulable') {
    const { message = '' } = unscheduled;
    // A volume on its way is no trouble yet; memory may come free when another cell ends just now.
    const certainAfterMs = /unbound|not found/.test(message) ? 30 * SECONDS : 8 * SECONDS;
    const advice = 'Give the cluster room, or run fewer cells at once (COMPAT_PARALLEL)';
    troubles.push({ key: `${name} Unschedulable`, message: `Unschedulable: ${message}. ${advice}`, certainAfterMs });
  }
  if (status?.phase === 'Failed' && /Evicted|OutOf/.test(status.reason ?? '')) {
    const message = `${status.reason}: ${status.message ?? ''}. The node of the cluster has no room for it`;
    troubles.push({ key: `${name} ${status.reason}`, message, certainAfterMs: 15 * SECONDS });
  }
  return troubles;
}

/** Reasons of Pods that the cluster took away: their programs did not end by themselves. */
const TAKEN_AWAY = /Evicted|NodeLost|Shutdown|Terminated|Preempt|NodeAffinity|UnexpectedAdmissionError/;

/** Reasons of containers whose program could not be run. */
const NEVER_RAN = /^(StartError|ContainerCannotRun)$/;

export function mainStatus({ status }: V1Pod): V1ContainerStatus | undefined {
  return status?.containerStatuses?.find(({ name }) => name === MAIN_CONTAINER);
}

export function isMainRunning(pod: V1Pod): boolean {
  return mainStatus(pod)?.state?.running !== undefined && pod.metadata?.deletionTimestamp === undefined;
}

/** Whether the program ran, be it for a moment. */
export function hasMainRun(pod: V1Pod): boolean {
  return mainStatus(pod)?.state?.running !== undefined || mainEnd(pod) !== undefined;
}

/** The end of the program, by itself or from outside. A program that could not run has none. */
export function mainEnd(pod: V1Pod): V1ContainerStateTerminated | undefined {
  const { state, lastState } = mainStatus(pod) ?? {};
  return [state?.terminated, lastState?.terminated].find(
    (end) => end !== undefined && !NEVER_RAN.test(end.reason ?? ''),
  );
}

/** How the program ended by itself; `undefined` while it runs, and where the cluster or a person took its Pod away. */
export function selfEnd(pod: V1Pod): V1ContainerStateTerminated | undefined {
  const isTaken = pod.metadata?.deletionTimestamp !== undefined || TAKEN_AWAY.test(pod.status?.reason ?? '');
  const end = isTaken ? undefined : mainEnd(pod);
  // The kubelet lost sight of the container: its end is not certain.
  return end?.reason === 'ContainerStatusUnknown' ? undefined : end;
}

/** A status as a shell tells a signal's: 128 and its number. */
export function exitOf({ exitCode, reason }: V1ContainerStateTerminated, memoryMb: number): NodeExit {
  const why =
    reason === 'OOMKilled'
      ? `OOMKilled: it wanted more than the ${memoryMb} MB of memory that its container may take`
      : undefined;
  const how: NodeExit = exitCode === 137 ? { code: null, signal: 'SIGKILL' } : { code: exitCode, signal: null };
  return why === undefined ? how : { ...how, why };
}

/** For people: `waiting: ImagePullBackOff`. */
function stateInWords(state: V1ContainerState | undefined): string {
  const { waiting, running, terminated } = state ?? {};
  if (running) return 'running';
  if (terminated) {
    const { reason, exitCode, message } = terminated;
    return `terminated: ${reason ?? ''}, status ${exitCode}${message ? `: ${message}` : ''}`;
  }
  return `waiting: ${waiting?.reason ?? 'unknown'}${waiting?.message ? `: ${waiting.message}` : ''}`;
}

const MOST_EVENTS = 12;

/** Pods and their events in few lines, as `kubectl describe` tells them. */
export function describePods(pods: readonly V1Pod[], events: readonly CoreV1Event[]): readonly string[] {
  const lines = pods.flatMap(({ metadata, spec, status }) => [
    `Pod ${metadata?.name}: ${status?.phase ?? 'unknown'}${status?.reason ? ` (${status.reason})` : ''}, node ${spec?.nodeName ?? 'none'}`,
    ...(status?.conditions ?? [])
      .filter((condition) => condition.status === 'False')
      .map(({ type, reason, message }) => `  ${type} is false: ${[reason, message].filter(Boolean).join(', ')}`),
    ...[...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(containerLine),
  ]);
  const latest = [...events].sort((a, b) => timeOf(a) - timeOf(b)).slice(-MOST_EVENTS);
  return [
    ...(lines.length > 0 ? lines : ['no Pod']),
    ...latest.map(({ type, reason, message, count = 1, involvedObject: { kind, name } }) => {
      return `event ${type} ${reason} of ${kind} ${name}${count > 1 ? ` (${count} times)` : ''}: ${message?.trim()}`;
    }),
  ];
}

function containerLine({ name, state, restartCount, image }: V1ContainerStatus): string {
  return `  container ${name} (${image}): ${stateInWords(state)}, restarted ${restartCount} times`;
}

/** A watch gives times as texts, whatever the types say. */
function timeOf({ lastTimestamp, eventTime, metadata }: CoreV1Event): number {
  const time = lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return time === undefined ? 0 : new Date(time).getTime();
}
