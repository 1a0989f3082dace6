import { readFile, readdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { absent, isWithin } from '../../support/files.ts';

/** A file below a node's base directory; `undefined` where there is none. @throws Error when the path leads out of it */
export async function readNodeFile(base: string, path: string): Promise<Buffer | undefined> {
  const file = await safePath(base, path);
  if (file === undefined) return undefined;
  return await readFile(file).catch(absent(undefined));
}

/** Sorted names of the files in a folder below a node's base directory; none where there is no such folder. */
export async function listNodeFiles(base: string, folder: string): Promise<readonly string[]> {
  const path = await safePath(base, folder);
  if (path === undefined) return [];
  const entries = await readdir(path, { withFileTypes: true }).catch(absent([]));
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

/** The real path, once it is certain that neither `..` nor a link leads out of the base directory. */
async function safePath(base: string, path: string): Promise<string | undefined> {
  const wanted = resolve(base, path);
  const real = isWithin(base, wanted) ? await realpath(wanted).catch(absent(undefined)) : null;
  if (real === undefined) return undefined;
  if (real === null || !isWithin(await realpath(base), real)) {
    throw new Error(`${JSON.stringify(path)} leads out of the node's base directory ${base}`);
  }
  return real;
}
