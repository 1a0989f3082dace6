import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makePrivateFolder, removeFolder, removeIfEmpty, writeDurably } from '../support/files.ts';
import { isAlive, lookUpProcess, type ProcessRef } from '../support/processes.ts';
import { type MachineName, thisMachine } from '../support/this-machine.ts';
import { LEDGER_FILE } from './ledger.ts';

const OWNER_FILE = 'owner.json';
const RUN_ID = /^\d{8}-\d{6}-[0-9a-f]{6}$/;
const REMOVAL_LIMIT_MS = 30_000;

/** The process that made a run. */
export interface Owner extends ProcessRef, MachineName {
  readonly runId: string;
  /** ISO time of the run's start. */
  readonly at: string;
}

/** `<root>/<runId>`: the ledger, the owner, the reaper, and the spaces of provider local. */
export interface RunFolder {
  readonly runId: string;
  readonly path: string;
  readonly ledgerFile: string;
}

/** `elsewhere`: another machine or container shares the folder; whether it lives cannot be seen from here. */
export type OwnerState = 'alive' | 'gone' | 'elsewhere';

/** `20261123-154512-ab12cd`: sorts by time, is unique, and may stand in names of folders, networks and name spaces. */
export function newRunId(now: Date, random: (bytes: number) => Buffer = randomBytes): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${random(3).toString('hex')}`;
}

/** Makes a run's folder, owned by this process. It appears with its owner or not at all: a sweep never sees it half made. */
export async function createRunFolder(root: string, runId: string): Promise<RunFolder> {
  const path = join(root, runId);
  const unfinished = join(root, `.${runId}.new`);
  await makeInRoot(root, unfinished);
  const self = await lookUpProcess(process.pid);
  if (!self) throw new Error('this process is not in the process table: /proc (Linux) or ps (macOS) is needed');
  const owner: Owner = {
    runId,
    ...(await thisMachine()),
    pid: self.pid,
    started: self.started,
    at: new Date().toISOString(),
  };
  await writeDurably(join(unfinished, OWNER_FILE), `${JSON.stringify(owner)}\n`);
  await rename(unfinished, path);
  return { runId, path, ledgerFile: join(path, LEDGER_FILE) };
}

/** Removes a run's folder, and the root if no other run has anything there. */
export async function removeRunFolder(path: string): Promise<void> {
  await removeFolder(path, REMOVAL_LIMIT_MS);
  await removeIfEmpty(dirname(path));
}

/** The owner that a folder names; `undefined` when it is not one of ours or its owner cannot be read. */
export async function readOwner(folder: string): Promise<Owner | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, OWNER_FILE), 'utf8'));
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export async function ownerState(owner: Owner): Promise<OwnerState> {
  if (owner.machine !== (await thisMachine()).machine) return 'elsewhere';
  return (await isAlive(owner)) ? 'alive' : 'gone';
}

async function makeInRoot(root: string, folder: string): Promise<void> {
  const TRIES = 5;
  for (let left = TRIES; ; left -= 1) {
    await makePrivateFolder(root);
    try {
      await mkdir(folder, { mode: 0o700 });
      return;
    } catch (error) {
      // Another run that ended just now has removed the root, which was empty.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left === 1) throw error;
    }
  }
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false;
  const { runId, host, machine, pid, started, at } = value as Record<string, unknown>;
  const texts = [host, machine, started, at].every((text) => typeof text === 'string');
  return texts && typeof runId === 'string' && RUN_ID.test(runId) && Number.isSafeInteger(pid);
}
