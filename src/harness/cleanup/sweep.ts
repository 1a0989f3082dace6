import { readdir, readFile, rm } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { tryLock, type Release } from '../support/file-lock.ts';
import { exists, makePrivateFolder, removeIfEmpty } from '../support/files.ts';
import { isReaperAlive, reaperLog, runOfReaperLog } from './reaper.ts';
import { ownerState, readOwner, type Owner } from './run-folder.ts';
import { undoRun } from './undo.ts';

export interface SweepOptions {
  /** Where runs keep their state: `support/files.ts` defaultStateRoot. */
  readonly root: string;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
  /** Leave dead runs alone that began less than this many milliseconds ago. */
  readonly olderThanMs?: number;
}

/**
 * `alive`: its owner runs. `elsewhere`: its owner is on another machine. `young`: by `olderThanMs`. `reaping`: its reaper or
 * another sweep is removing it. `unknown`: not ours, or its owner cannot be read. `unseen`: a place that nobody could look at. None
 * of these is touched.
 */
export type SweepState =
  'alive' | 'elsewhere' | 'young' | 'reaping' | 'unknown' | 'unseen' | 'would-remove' | 'removed' | 'failed';

export interface SweptItem {
  readonly path: string;
  readonly state: SweepState;
  /** For people: why, or what failed. */
  readonly detail: string;
}

export interface SweepReport {
  readonly items: readonly SweptItem[];
  /** Whether something that should go could not be removed. */
  readonly failed: boolean;
}

/** Undoes the runs below `root` whose owner (machine, pid, start time) is gone. @throws Error when `root` is not this user's */
export async function sweep(options: SweepOptions): Promise<SweepReport> {
  const { root, dryRun } = options;
  if (!(await exists(root))) return { items: [], failed: false };
  await makePrivateFolder(root);
  const entries = (await readdir(root, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const items: SweptItem[] = [];
  // Folders first: a run that is removed takes the log of its reaper along.
  for (const entry of entries.filter((each) => each.isDirectory())) items.push(await sweepFolder(entry, options));
  for (const entry of entries.filter((each) => !each.isDirectory())) items.push(...(await sweepFile(entry, options)));
  if (!dryRun) await removeIfEmpty(root);
  return { items, failed: items.some((item) => item.state === 'failed') };
}

async function sweepFolder({ name }: Dirent, { root, dryRun, olderThanMs = 0 }: SweepOptions): Promise<SweptItem> {
  const path = join(root, name);
  const owner = await readOwner(path);
  if (!owner) {
    return {
      path,
      state: 'unknown',
      detail: 'no readable owner.json: look at it, and remove it by hand if it is yours',
    };
  }
  const who = `run ${owner.runId} of pid ${owner.pid}, begun ${owner.at}`;
  const state = await ownerState(owner);
  if (state === 'elsewhere') return { path, state, detail: `${who} on ${owner.host}: sweep there` };
  if (state === 'alive') return { path, state, detail: who };
  if (Date.now() - Date.parse(owner.at) < olderThanMs) return { path, state: 'young', detail: who };
  if (await isReaperAlive(path)) return { path, state: 'reaping', detail: `${who}: its reaper is removing it` };
  if (dryRun) return { path, state: 'would-remove', detail: `${who}, which is gone` };
  return await removeRun(path, owner, who);
}

async function removeRun(path: string, owner: Owner, who: string): Promise<SweptItem> {
  const release = await claim(path);
  if (!release) return { path, state: 'reaping', detail: `${who}: another sweep is removing it` };
  // A lock in a folder that went with its run has nothing to give back.
  const { undone, failures } = await undoRun(path, owner.runId).finally(() => release().catch(() => undefined));
  if (failures.length > 0) {
    return { path, state: 'failed', detail: failures.map(({ what, message }) => `${what}: ${message}`).join('; ') };
  }
  await rm(reaperLog(path), { force: true });
  return { path, state: 'removed', detail: `${who}, which is gone: ${undone.join(', ')}` };
}

/** The log of a reaper whose run has been removed since tells nothing any more. */
async function sweepFile({ name }: Dirent, { root, dryRun }: SweepOptions): Promise<readonly SweptItem[]> {
  const path = join(root, name);
  if (!(await exists(path))) return [];
  const runId = runOfReaperLog(name);
  if (runId === undefined) return [{ path, state: 'unknown', detail: 'not made by this program' }];
  const detail = (await readFile(path, 'utf8')).trim();
  if (await exists(join(root, runId))) return [{ path, state: 'unknown', detail }];
  if (dryRun) return [{ path, state: 'would-remove', detail }];
  await rm(path, { force: true });
  return [{ path, state: 'removed', detail }];
}

/** Two runs that start together sweep together: one of them takes each dead run. */
async function claim(folder: string): Promise<Release | undefined> {
  return await tryLock(join(folder, 'sweep')).catch((error: unknown) => {
    // The folder went while we looked: the other sweep is done with it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}
