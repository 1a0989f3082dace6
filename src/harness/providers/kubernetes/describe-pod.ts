import type { CoreV1Event, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { stateInWords } from './container-state.ts';

const MOST_EVENTS = 12;

/** What `kubectl describe` would tell of Pods and their events, in few lines. */
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
