import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { BaseFile } from '../../manifests/files.ts';

/** What a node or service prints, on this machine. */
export const CONSOLE_LOG = 'console.log';

/** May be read by whoever may read a namespace's ConfigMaps. */
const PUBLIC = /^[^/]*\.xml$/;

/** All files of a stage but those that come otherwise. @param besides paths below the stage */
export async function stagedFiles(stage: string, besides: ReadonlySet<string>): Promise<readonly BaseFile[]> {
  const entries = await readdir(stage, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(stage, join(parentPath, name)).split(sep).join('/'))
    .filter((path) => path !== CONSOLE_LOG && !besides.has(path));
  return await Promise.all(
    paths.map(async (path) => {
      const file = join(stage, path);
      const [content, { mode }] = await Promise.all([readFile(file), stat(file)]);
      return { path, content, mode: mode & 0o777, isPublic: PUBLIC.test(path) };
    }),
  );
}
