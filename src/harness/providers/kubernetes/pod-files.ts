import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesCommand, KEEPER_CONTAINER, MAIN_CONTAINER } from '../../manifests/pod.ts';
import { readerPod } from '../../manifests/workload.ts';
import { insideBase } from '../image-places.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { asking, isTransient } from './api-error.ts';
import { isMainRunning } from './container-state.ts';
import type { OpenResident, OpenSpace } from './kubernetes-space.ts';
import { execInPod, type ExecResult } from './pod-exec.ts';
import { CONSOLE_LOG } from './staged-files.ts';

const ABSENT = 3;
const READER_LIMIT_MS = 60_000;
const TRIES = 4;

/** A file below a node's base directory; `undefined` where there is none. @throws Error when the path leads out of it */
export async function readPodFile(open: OpenSpace, resident: OpenResident, path: string): Promise<Buffer | undefined> {
  const inside = insideBase(resident.id, path);
  // Before it is started a node is what was staged.
  if (!resident.run || inside === CONSOLE_LOG) return await readFile(join(resident.stage, inside)).catch(absent);
  return await ask(open, resident, filesCommand('read', inside));
}

/** Sorted names of the files in a folder below a node's base directory; none where there is no such folder. */
export async function listPodFiles(
  open: OpenSpace,
  resident: OpenResident,
  folder: string,
): Promise<readonly string[]> {
  const inside = insideBase(resident.id, folder);
  if (!resident.run) return [];
  const answer = await ask(open, resident, filesCommand('list', inside === '' ? '.' : inside));
  return (answer?.toString('utf8') ?? '').split('\n').filter((name) => name !== '');
}

async function ask(open: OpenSpace, resident: OpenResident, command: readonly string[]): Promise<Buffer | undefined> {
  const { cluster, facts } = open;
  for (let tries = 1; ; tries += 1) {
    try {
      const where = await containerWithFiles(open, resident);
      const request = { namespace: facts.namespace, ...where, command };
      return contentOf(await asking(() => execInPod(cluster, request)), `${command.at(-1)} of ${resident.id}`);
    } catch (error) {
      // Its Pod may just have gone: the next one has the same files.
      if (tries >= TRIES || open.stop.signal.aborted || !(error instanceof Error)) throw error;
      if (!isTransient(error) && !/container|pod|upgrade|response|cut off|not done within/i.test(error.message))
        throw error;
    }
  }
}

/** The length comes first: an answer that was cut off is none. */
export function contentOf({ code, output, errors }: ExecResult, what: string): Buffer | undefined {
  if (code === ABSENT) return undefined;
  if (code !== 0) throw new Error(`${what} could not be read (status ${code}): ${errors.trim()}`);
  const end = output.indexOf(0x0a);
  const content = output.subarray(end + 1);
  if (Number(output.toString('latin1', 0, Math.max(end, 0))) !== content.length || end < 0) {
    throw new Error(`${what} came cut off: ${output.length} bytes`);
  }
  return content;
}

async function containerWithFiles(
  open: OpenSpace,
  resident: OpenResident,
): Promise<{ pod: string; container: string }> {
  const pods = open.watch.pods(resident.id).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  for (const pod of pods) {
    const name = pod.metadata?.name ?? '';
    // One that has ended may be started once more by the cluster before it is told not to.
    if (isMainRunning(pod) && !resident.run?.exit) return { pod: name, container: MAIN_CONTAINER };
    const keeper = pod.status?.containerStatuses?.find(({ name: container }) => container === KEEPER_CONTAINER);
    if (keeper?.state?.running) return { pod: name, container: KEEPER_CONTAINER };
  }
  return await reader(open, resident);
}

/** Nothing of it runs: a Pod that does nothing holds its volume. */
async function reader(
  open: OpenSpace,
  { id, spec, resting }: OpenResident,
): Promise<{ pod: string; container: string }> {
  const { home, facts, labels, watch } = open;
  if (spec?.claim === undefined) throw new Error(`${id} does not run, and has kept no files`);
  // What takes its Pods away would take this one as well.
  await resting;
  await home.apply([readerPod(spec, { namespace: facts.namespace, labels })]);
  const pod = `${id}-reader`;
  const running = () =>
    watch.pods(pod).some(({ status }) => status?.containerStatuses?.[0]?.state?.running !== undefined);
  await waitUntil(() => (running() ? { done: true, value: undefined } : { done: false, last: 'it does not run yet' }), {
    name: `the Pod ${pod} that reads the files of ${id}`,
    limit: READER_LIMIT_MS,
  });
  return { pod, container: KEEPER_CONTAINER };
}

function absent(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}
