import { mkdir, readFile, rename, rm, writeFile, readdir, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { Progress } from '../support/progress.ts';
import type { Cache } from './cache.ts';
import { sha256Of } from './download.ts';
import { WORK_MARKER } from '../cleanup/ledger.ts';
import { endProcesses, isAlive, lookUpProcess } from '../support/processes.ts';
import { blocked } from '../support/step-error.ts';
import { tryLock, type Release } from '../support/file-lock.ts';
import { WaitTimeout, waitUntil, type Seen } from '../support/wait.ts';

const refSchema = z.object({
  /** File name of the object. */
  name: z.string(),
  sha256: z.string(),
  sha1: z.string(),
  size: z.number(),
  url: z.string(),
});

/** The content that a name stands for: a line in the cache, so that a warm cache needs no network. */
export type Ref = z.infer<typeof refSchema>;

/** The path of an object: by its content, under its own name. */
export function objectFile(cache: Cache, { sha256, name }: Pick<Ref, 'sha256' | 'name'>): string {
  return join(cache.folder, 'objects', sha256, name);
}

/** Moves a whole, verified file into the store and records its content. */
export async function storeObject(
  cache: Cache,
  file: string,
  { path, ref }: { path: string; ref: Ref },
): Promise<void> {
  const target = objectFile(cache, ref);
  await mkdir(dirname(target), { recursive: true });
  await rename(file, target);
  const refFile = refPath(cache, path);
  await mkdir(dirname(refFile), { recursive: true });
  await writeFile(`${refFile}.part`, JSON.stringify(ref, undefined, 2));
  await rename(`${refFile}.part`, refFile);
}

/**
 * The ref at `path` whose object exists and still has its checksum. Removes a damaged object, with a message. `path`
 * is relative, with slashes.
 */
export async function findObject(
  { cache, progress, signal }: { cache: Cache; progress: Progress; signal: AbortSignal },
  path: string,
): Promise<Ref | undefined> {
  const ref = await readRef(refPath(cache, path));
  if (!ref) return undefined;
  const file = objectFile(cache, ref);
  const sums = await sha256Of(file, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  });
  if (sums?.sha256 === ref.sha256) return ref;
  if (sums) {
    progress.say(`${file} is damaged (sha256 ${sums.sha256}, ${sums.size} of ${ref.size} bytes): fetching it again`);
    await rm(dirname(file), { recursive: true, force: true });
  }
  return undefined;
}

function refPath(cache: Cache, path: string): string {
  return join(cache.folder, 'refs', `${path}.json`);
}

async function readRef(file: string): Promise<Ref | undefined> {
  try {
    return refSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Missing, or written by another program: treated as not cached.
    return undefined;
  }
}

/** Partial downloads are worth resuming for a while. Folders of other machines tell nothing of their owner. */
const KEEP_MS = 3 * 24 * 3600_000;
/** Much longer than the interval at which a lock's holder renews it. */
const DEAD_LOCK_MS = 60_000;

/** Makes a folder of this process, on the cache's own file system so that a rename can move it. */
export async function temporaryFolder(cache: string): Promise<string> {
  const started = (await lookUpProcess(process.pid))?.started ?? '';
  const owner = [hostname(), String(process.pid), started].map((part) => Buffer.from(part).toString('base64url'));
  const folder = join(cache, 'temporary', [...owner, randomBytes(6).toString('hex')].join('.'));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** The path of an unfinished download between runs. */
export function partialFile(cache: string, name: string): string {
  return join(cache, 'partial', name);
}

/** Removes temporary folders and locks of dead owners, and partial downloads that no run has resumed. */
export async function sweepTemporary(cache: string): Promise<void> {
  const temporary = await namesIn(join(cache, 'temporary'));
  const partial = await namesIn(join(cache, 'partial'));
  const paths = [
    ...temporary.map((name) => ({ path: join(cache, 'temporary', name), owner: ownerOf(name) })),
    ...partial.map((name) => ({ path: join(cache, 'partial', name), owner: undefined })),
  ];
  for (const { path, owner } of paths) {
    const dead = owner ? !(await isAlive(owner)) : await isOld(path, KEEP_MS);
    if (!dead) continue;
    if (owner) await endWorkers(path);
    await rm(path, { recursive: true, force: true });
  }
  await sweepLocks(join(cache, 'locks'));
}

/** A run that needs a dead lock takes it over; but no run may ever need it again. */
async function sweepLocks(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (name.endsWith('.lock') && (await isOld(path, DEAD_LOCK_MS))) await rmdir(path).catch(() => undefined);
  }
}

/** A build may outlive the run that started it, and would fill the folder again. */
async function endWorkers(path: string): Promise<void> {
  const marker = { name: WORK_MARKER, value: path };
  await endProcesses({ name: `processes of ${path}`, marker, graceMs: 1_000, limitMs: 10_000 });
}

function ownerOf(name: string): { pid: number; started: string } | undefined {
  const [host, pid, started] = name.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  if (host !== hostname() || pid === undefined || started === undefined) return undefined;
  return { pid: Number(pid), started };
}

async function isOld(path: string, limit: number): Promise<boolean> {
  return stat(path).then(
    (stats) => Date.now() - stats.mtimeMs > limit,
    () => false,
  );
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

export interface LockRequest {
  /** Absolute path; the lock is the folder beside it, `<file>.lock`. */
  readonly file: string;
  /** The work under the lock, for people. */
  readonly what: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Milliseconds; default 20 minutes: the other run may be downloading over a slow line. */
  readonly limit?: number;
}

const DEFAULT_LIMIT_MS = 20 * 60_000;

/**
 * Does `work` while no other process holds the same lock.
 * @throws StepError blocked when the lock was not free within the limit
 */
export async function withLock<T>(request: LockRequest, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(request.file), { recursive: true });
  const release = await acquire(request);
  try {
    return await work();
  } finally {
    // Fails only when the lock was lost already (a machine that slept), and then there is nothing to give back.
    await release().catch(() => undefined);
  }
}

async function acquire(request: LockRequest): Promise<Release> {
  const { file, what, progress, signal, limit = DEFAULT_LIMIT_MS } = request;
  let told = false;
  const probe = async (): Promise<Seen<Release>> => {
    const release = await tryLock(file);
    if (release) return { done: true, value: release };
    if (!told) progress.say(`waiting for another run: ${what}`);
    told = true;
    return { done: false, last: `${file}.lock is held by a living run` };
  };
  return waitUntil(probe, { name: `lock of ${what}`, limit, every: 100, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    if (!(cause instanceof WaitTimeout)) throw cause;
    throw blocked('resolve', `${cause.message}. End the other run, or set COMPAT_CACHE to another folder.`, { cause });
  });
}
