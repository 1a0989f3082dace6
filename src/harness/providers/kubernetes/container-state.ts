import type { V1ContainerState, V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { MAIN_CONTAINER } from '../../manifests/pod.ts';
import type { NodeExit } from '../provider.ts';

/** Reasons of Pods that the cluster took away: their programs did not end by themselves. */
const TAKEN_AWAY = /Evicted|NodeLost|Shutdown|Terminated|Preempt|NodeAffinity|UnexpectedAdmissionError/;

/** Of containers whose program could not be run. */
export const NEVER_RAN = /^(StartError|ContainerCannotRun)$/;

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

/** How the program ended, whoever ended it; one that could not be run at all did not end. */
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
  // The node's own agent lost sight of the container: nobody knows that it ended.
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
export function stateInWords(state: V1ContainerState | undefined): string {
  const { waiting, running, terminated } = state ?? {};
  if (running) return 'running';
  if (terminated) {
    const { reason, exitCode, message } = terminated;
    return `terminated: ${reason ?? ''}, status ${exitCode}${message ? `: ${message}` : ''}`;
  }
  return `waiting: ${waiting?.reason ?? 'unknown'}${waiting?.message ? `: ${waiting.message}` : ''}`;
}
