import { text } from 'node:stream/consumers';
import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { Step } from '../../domain/outcome.ts';
import { blocked, type StepError } from '../../domain/step-error.ts';
import { waitUntil, WaitTimeout } from '../../support/wait-until.ts';
import { hasMainRun } from './container-state.ts';
import { describePods } from './describe-pod.ts';
import type { OpenResident, OpenSpace } from './kubernetes-space.ts';
import { requestLog } from './log-request.ts';
import type { ResidentRun } from './resident-run.ts';
import { troublesOf, type Trouble } from './trouble.ts';

/** Images may have to be fetched from far away; all that is certain to fail is told before. */
const START_LIMIT_MS = 600_000;
const LAST_LINES = 20;

interface Starting {
  readonly resident: OpenResident;
  readonly run: ResidentRun;
  readonly what: string;
  readonly step: Step;
}

/** Waits until a resident's program runs, or has run. @throws StepError blocked as soon as it is certain that it will not */
export async function mainHasRun(open: OpenSpace, { resident, run, what, step }: Starting): Promise<void> {
  const { watch, signal } = open;
  // What earlier starts were told is known already.
  const before = new Set(watch.events().map(versionOf));
  const since = new Map<string, number>();
  const sight = () => {
    const pods = watch.pods(resident.id).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    const fresh = watch.events().filter((event) => !before.has(versionOf(event)));
    return { pods, events: fresh.filter((event) => isAbout(event, resident, pods)) };
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
  resident: OpenResident,
  pods: readonly V1Pod[],
): boolean {
  if (kind === 'Pod') return pods.some(({ metadata }) => metadata?.uid === uid);
  if (kind === 'PersistentVolumeClaim') return name === resident.id;
  // A Deployment's ReplicaSet is named after it.
  return (
    resident.workload !== undefined &&
    (name === resident.workload || name?.startsWith(`${resident.workload}-`) === true)
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

/** Of the container that ended last, be it the present one or the one before. */
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
