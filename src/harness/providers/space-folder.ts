import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, removeFolder, removeIfEmpty } from '../support/files.ts';
import type { Resident } from './provider.ts';

const REMOVAL_LIMIT_MS = 30_000;

/** A folder name made of the cell's, one that class paths, URLs and engines take as it is; never given twice. */
export async function freeName(parent: string, cell: string, given: Set<string>): Promise<string> {
  const base = cell.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    const path = join(parent, name);
    if (given.has(path)) continue;
    given.add(path);
    if (!(await exists(path))) return name;
  }
}

/** A folder for each, in their order; only this user may look into it. */
export async function makeStages(folder: string, residents: readonly Resident[]): Promise<readonly string[]> {
  return await Promise.all(
    residents.map(async ({ id }) => {
      const stage = join(folder, id);
      await mkdir(stage, { recursive: true, mode: 0o700 });
      return stage;
    }),
  );
}

export async function removeSpaceFolder(folder: string): Promise<void> {
  await removeFolder(folder, REMOVAL_LIMIT_MS);
  // The run's own folder, where the run has not put anything else there.
  await removeIfEmpty(join(folder, '..'));
}

/** Takes every step, whatever the others do. @returns what failed */
export async function attemptEach(steps: readonly (() => Promise<unknown>)[]): Promise<readonly Error[]> {
  const failures: Error[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return failures;
}

/** Jars in folders below a stage, as paths relative to it, sorted within each folder; a folder that is not there has none. */
export async function jarsOfFolders(stage: string, folders: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(stage, folder)).catch(() => []);
      return names
        .filter((name) => name.endsWith('.jar'))
        .sort()
        .map((name) => `${folder}/${name}`);
    }),
  );
  return lists.flat();
}
