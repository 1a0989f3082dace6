import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Progress } from '../support/progress.ts';
import type { Cache } from './cache.ts';
import { sha256Of } from './download.ts';

const refSchema = z.object({
  /** File name of the object. */
  name: z.string(),
  sha256: z.string(),
  sha1: z.string(),
  size: z.number(),
  url: z.string(),
});

/** Which content a name stands for: a line in the cache, so that a warm cache needs no network. */
export type Ref = z.infer<typeof refSchema>;

/** Where an object lies: by its content, under its own name. */
export function objectFile(cache: Cache, { sha256, name }: Pick<Ref, 'sha256' | 'name'>): string {
  return join(cache.folder, 'objects', sha256, name);
}

/** Moves a whole, verified file into the store and writes down what it is. */
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
 * The ref at `path` whose object is there and still has its checksum. A damaged object is removed, which is said.
 * `path` is relative, with slashes.
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
    // Missing, or written by something else: as good as not cached.
    return undefined;
  }
}
