import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { WORK_MARKER } from '../domain/ledger.ts';
import { endProcesses } from '../support/processes.ts';
import { isAlive, lookUpProcess } from '../support/process-table.ts';

/** Partial downloads are worth resuming for a while; folders of other machines cannot be asked whether their owner lives. */
const KEEP_MS = 3 * 24 * 3600_000;
/** Much longer than a lock's holder takes to say that it lives. */
const DEAD_LOCK_MS = 60_000;

/** Makes a folder of this process, on the cache's own file system so that a rename can move it. */
export async function temporaryFolder(cache: string): Promise<string> {
  const started = (await lookUpProcess(process.pid))?.started ?? '';
  const owner = [hostname(), String(process.pid), started].map((part) => Buffer.from(part).toString('base64url'));
  const folder = join(cache, 'temporary', [...owner, randomBytes(6).toString('hex')].join('.'));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Where an unfinished download lies between runs. */
export function partialFile(cache: string, name: string): string {
  return join(cache, 'partial', name);
}

/** Removes temporary folders and locks whose owner is dead, and partial downloads that nobody came back for. */
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

/** Whoever wants a dead one takes it over; but nobody may want it again. */
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
