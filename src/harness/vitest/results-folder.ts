import { mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { newRunId } from '../cleanup/run-folder.ts';
import type { Environment, VariableName } from '../config/variables.ts';
import { cacheFolder } from '../releases/cache-folder.ts';
import { buildReport } from '../report/build-report.ts';
import { LOCK_PATIENCE_MS, tryLock, unlessLocked, type Release } from '../support/file-lock.ts';
import { unwritable } from '../support/files.ts';
import { clearResults, writeReports } from './results.ts';

/** Its lock is the folder `run.lock`. */
const LOCKED = 'run';

/** @throws Error naming each variable whose folder the run cannot write, before anything is made */
export async function requireFolders(results: string, env: Environment): Promise<void> {
  const folders: readonly (readonly [VariableName, string])[] = [
    ['COMPAT_RESULTS', results],
    ['COMPAT_CACHE', cacheFolder(env)],
  ];
  const faults = folders.map(async ([name, folder]) => {
    const seen = await unwritable(folder);
    return seen === undefined
      ? []
      : [`The run failed to write to ${folder} (seen: ${seen}). Set ${name} to a folder of your own.`];
  });
  const all = (await Promise.all(faults)).flat();
  if (all.length > 0) throw new Error(all.join('\n'));
}

/**
 * Holds the folder of reports until this process ends or gives it back.
 * @throws Error where another run holds it, before anything in it is touched
 */
export async function holdResults(results: string): Promise<Release> {
  await mkdir(results, { recursive: true });
  const release = await tryLock(join(results, LOCKED), LOCK_PATIENCE_MS);
  if (release) return release;
  const error = new Error(
    `The run failed to take ${results} (seen: another run writes its results there). ` +
      'Wait for the end of that run, or set COMPAT_RESULTS to another folder.',
  );
  // Vitest would print the stack, which says nothing to a user with two runs.
  error.stack = error.message;
  throw error;
}

/**
 * Replaces the reports of an earlier run by that of a run that ends before its first cell: CI publishes what it finds. The reports of
 * a run that goes on stay. Synchronous: this process may leave. Never throws.
 */
export function reportFailedStart(results: string, why: string): void {
  if (process.argv[2] === 'list') return;
  const now = new Date();
  const [id, at] = [newRunId(now), now.toISOString()];
  const ended = { id, startedAt: at, endedAt: at, bailed: false, filtered: false };
  try {
    mkdirSync(results, { recursive: true });
    unlessLocked(join(results, LOCKED), () => {
      clearResults(results);
      writeReports(results, buildReport({ ...ended, cells: [], problems: [{ step: 'resolve', message: why }] }));
    });
  } catch {
    // A folder that cannot be written keeps what it has; the run fails for its own reason.
  }
}
