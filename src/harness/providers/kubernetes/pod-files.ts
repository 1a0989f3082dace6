import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Writable } from 'node:stream';
import type { V1Status } from '@kubernetes/client-node';
import { filesCommand, KEEPER_CONTAINER, MAIN_CONTAINER } from './manifests/pod.ts';
import { readerPod } from './manifests/workload.ts';
import { CONSOLE_LOG, insideBase } from '../containers.ts';
import { absent } from '../../support/files.ts';
import { waitUntil, withLimit } from '../../support/wait.ts';
import { asking, isTransient, type Cluster } from './cluster.ts';
import { isMainRunning } from './trouble.ts';
import type { OpenProcess, OpenSpace } from './kubernetes-space.ts';
import { leavingOwnOutputAlone, type WebSocketLike } from './forwarder.ts';
import type { BaseFile } from './manifests/files.ts';
import { openConf, type OpenConf } from './manifests/names.ts';

const ABSENT = 3;
const READER_LIMIT_MS = 60_000;
const TRIES = 4;

/** A file below a node's base directory; `undefined` where there is none. @throws Error when the path leads out of it */
export async function readPodFile(
  open: OpenSpace,
  spaceProcess: OpenProcess,
  path: string,
): Promise<Buffer | undefined> {
  const inside = insideBase(spaceProcess.id, path);
  // Before its start, a node has only its staging folder.
  if (!spaceProcess.run || inside === CONSOLE_LOG)
    return await readFile(join(spaceProcess.stagingFolder, inside)).catch(absent(undefined));
  return await ask(open, spaceProcess, filesCommand('read', inside));
}

/** Sorted names of the files in a folder below a node's base directory; none where there is no such folder. */
export async function listPodFiles(
  open: OpenSpace,
  spaceProcess: OpenProcess,
  folder: string,
): Promise<readonly string[]> {
  const inside = insideBase(spaceProcess.id, folder);
  if (!spaceProcess.run) return [];
  return namesIn(await ask(open, spaceProcess, filesCommand('list', inside === '' ? '.' : inside)));
}

/** @param answer of the command that lists a folder; none where there is no such folder */
export function namesIn(answer: Buffer | undefined): readonly string[] {
  return (answer?.toString('utf8') ?? '').split('\n').filter((name) => name !== '');
}

async function ask(open: OpenSpace, spaceProcess: OpenProcess, command: readonly string[]) {
  const { cluster, facts } = open;
  for (let tries = 1; ; tries += 1) {
    try {
      const where = await containerWithFiles(open, spaceProcess);
      const request = { namespace: facts.namespace, ...where, command };
      return contentOf(await asking(() => execInPod(cluster, request)), `${command.at(-1)} of ${spaceProcess.id}`);
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
    throw new Error(`${what} is cut off: ${output.length} bytes`);
  }
  return content;
}

async function containerWithFiles(open: OpenSpace, spaceProcess: OpenProcess) {
  const pods = open.watch.pods(spaceProcess.id).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  for (const pod of pods) {
    const name = pod.metadata?.name ?? '';
    // One that has ended may be started once more by the cluster before it is told not to.
    if (isMainRunning(pod) && !spaceProcess.run?.exit) return { pod: name, container: MAIN_CONTAINER };
    const keeper = pod.status?.containerStatuses?.find(({ name: container }) => container === KEEPER_CONTAINER);
    if (keeper?.state?.running) return { pod: name, container: KEEPER_CONTAINER };
  }
  return await reader(open, spaceProcess);
}

/** Nothing of it runs: a Pod that does nothing holds its volume. */
async function reader(open: OpenSpace, { id, spec, resting }: OpenProcess) {
  const { home, facts, labels, watch } = open;
  if (spec?.claim === undefined) throw new Error(`${id} does not run, and has kept no files`);
  // The removal of its Pods under way would remove this one, too.
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

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
}

interface ExecResult {
  readonly code: number;
  readonly output: Buffer;
  readonly errors: string;
}

/** A small program, on a machine that may be busy. */
const LIMIT_MS = 20_000;

/** Runs a program in a container that runs. @throws Error when the connection breaks before its end is told */
export async function execInPod(cluster: Cluster, request: ExecRequest): Promise<ExecResult> {
  const { namespace, pod, container, command } = request;
  const name = `${command.slice(-3).join(' ')} in ${pod}`;
  const output = new Collector();
  const errors = new Collector();
  const exec = leavingOwnOutputAlone(new cluster.client.Exec(cluster.config));
  let socket: WebSocketLike | undefined;
  const told = new Promise<V1Status>((resolve, reject) => {
    exec
      .exec(namespace, pod, container, [...command], output, errors, null, false, resolve)
      .then((connection: WebSocketLike) => {
        socket = connection;
        connection.on('close', () => reject(new Error(`socket hang up: ${name}`)));
        connection.on('error', reject);
      })
      .catch((error: unknown) => reject(asError(error)));
  });
  try {
    const status = await withLimit(told, { name, limit: LIMIT_MS });
    return { code: exitCode(status, name), output: output.content(), errors: errors.content().toString('utf8') };
  } finally {
    socket?.close();
  }
}

function exitCode({ status, message, details }: V1Status, name: string): number {
  if (status === 'Success') return 0;
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode');
  if (cause?.message === undefined) throw new Error(`${name}: ${message ?? 'the cluster does not say how it ended'}`);
  return Number(cause.message);
}

/** A refused web socket is told as an event. */
function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  return new Error((error as { message?: string }).message ?? 'the web socket was refused', { cause: error });
}

class Collector extends Writable {
  readonly #parts: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#parts.push(chunk);
    done();
  }

  content(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const CONF = 'node.conf';
/** Files that every reader of the namespace's ConfigMaps may read. */
const PUBLIC = /^[^/]*\.xml$/;

/** The files of a node's base directory. */
export interface StagingFiles {
  readonly files: readonly BaseFile[];
  /** Values that node.conf takes from the environment. */
  readonly confEnv: OpenConf['env'];
}

/** All files of a staging folder but those that come otherwise. @param besides paths below the staging folder */
export async function stagingFiles(stagingFolder: string, besides: ReadonlySet<string>): Promise<StagingFiles> {
  const files = await readStagingFolder(stagingFolder, besides);
  const conf = files.find(({ path }) => path === CONF);
  if (!conf) return { files, confEnv: {} };
  const { text, env } = openConf(conf.content.toString('utf8'));
  const open: BaseFile = { ...conf, content: Buffer.from(text), isPublic: true };
  return { files: files.map((file) => (file === conf ? open : file)), confEnv: env };
}

async function readStagingFolder(stagingFolder: string, besides: ReadonlySet<string>): Promise<readonly BaseFile[]> {
  const entries = await readdir(stagingFolder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(stagingFolder, join(parentPath, name)).split(sep).join('/'))
    .filter((path) => path !== CONSOLE_LOG && !besides.has(path));
  return await Promise.all(
    paths.map(async (path) => {
      const file = join(stagingFolder, path);
      const [content, { mode }] = await Promise.all([readFile(file), stat(file)]);
      return { path, content, mode: mode & 0o777, isPublic: PUBLIC.test(path) };
    }),
  );
}
