import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { BaseFile } from '../../manifests/files.ts';
import { openConf, type OpenConf } from '../../manifests/open-conf.ts';

/** What a node or service prints, on this machine. */
export const CONSOLE_LOG = 'console.log';

const CONF = 'node.conf';
/** May be read by whoever may read a namespace's ConfigMaps. */
const PUBLIC = /^[^/]*\.xml$/;

/** What a node's base directory is made from. */
export interface StagedFiles {
  readonly files: readonly BaseFile[];
  /** What node.conf leaves to the environment. */
  readonly confEnv: OpenConf['env'];
}

/** All files of a stage but those that come otherwise. @param besides paths below the stage */
export async function stagedFiles(stage: string, besides: ReadonlySet<string>): Promise<StagedFiles> {
  const files = await readStage(stage, besides);
  const conf = files.find(({ path }) => path === CONF);
  if (!conf) return { files, confEnv: {} };
  const { text, env } = openConf(conf.content.toString('utf8'));
  const open: BaseFile = { ...conf, content: Buffer.from(text), isPublic: true };
  return { files: files.map((file) => (file === conf ? open : file)), confEnv: env };
}

async function readStage(stage: string, besides: ReadonlySet<string>): Promise<readonly BaseFile[]> {
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
