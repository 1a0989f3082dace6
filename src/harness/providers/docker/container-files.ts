import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IN_IMAGE } from '../../domain/image.ts';
import { absent } from '../../support/files.ts';
import { insideBase } from '../image-places.ts';
import { fileNames, firstFile } from './archive.ts';
import type { OpenResident } from './docker-space.ts';
import { statusOf } from '../../docker/engine-failure.ts';

/** What a node or service prints, on this machine and not in its container. */
export const CONSOLE_LOG = 'console.log';

/** A file below a node's base directory; `undefined` where there is none. @throws Error when the path leads out of it */
export async function readContainerFile(
  { id, stage, container }: OpenResident,
  path: string,
): Promise<Buffer | undefined> {
  const inside = insideBase(id, path);
  // Before it is started a node is what was staged.
  if (!container || inside === CONSOLE_LOG) return await readFile(join(stage, inside)).catch(absent(undefined));
  try {
    return await firstFile(await container.handle.getArchive({ path: `${IN_IMAGE.node}/${inside}` }));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Sorted names of the files in a folder below a node's base directory; none where there is no such folder. */
export async function listContainerFiles({ id, container }: OpenResident, folder: string): Promise<readonly string[]> {
  const inside = insideBase(id, folder);
  if (!container) return [];
  try {
    return await fileNames(await container.handle.getArchive({ path: `${IN_IMAGE.node}/${inside}` }));
  } catch (error) {
    if (statusOf(error) === 404) return [];
    throw error;
  }
}
