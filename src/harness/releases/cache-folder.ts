import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { statfs } from 'node:fs/promises';
import { variable, type Environment } from '../config/variables.ts';
import { type Step, blocked } from '../support/step-error.ts';

/**
 * Where downloads and builds are kept: `COMPAT_CACHE`, else the user's cache folder
 * (`$XDG_CACHE_HOME/corda-compat`, `~/.cache/corda-compat`, on macOS `~/Library/Caches/corda-compat`).
 */
export function cacheFolder(env: Environment, platform: NodeJS.Platform = process.platform): string {
  const own = variable(env, 'COMPAT_CACHE');
  if (own) return resolve(own);
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg) return resolve(xdg, 'corda-compat');
  const home = homeFolder(env);
  return platform === 'darwin' ? join(home, 'Library', 'Caches', 'corda-compat') : join(home, '.cache', 'corda-compat');
}

/** The user's home folder; `HOME` first, so that a test or a container can move it. */
export function homeFolder(env: Environment): string {
  return env['HOME'] ?? homedir();
}

const FULL = ['ENOSPC', 'EDQUOT'];
const CLOSED = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'];

/** Does `work`; a full disk or a closed folder becomes an error with the folder and a remedy. */
export async function explainDiskError<T>(
  { folder, step }: { readonly folder: string; readonly step: Step },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = errorCode(cause);
    if (code !== undefined && FULL.includes(code)) {
      const free = await freeBytes(folder);
      const message = `The disk of the cache folder ${folder} is full (${code}, ${free} bytes free).`;
      throw blocked(step, `${message} Free some, or set COMPAT_CACHE to a folder on another disk.`, { cause });
    }
    if (code !== undefined && CLOSED.includes(code) && isAbout(cause, folder)) {
      const message = `The cache folder ${folder} cannot be written (${(cause as Error).message}).`;
      throw blocked(step, `${message} Set COMPAT_CACHE to a folder of your own.`, { cause });
    }
    throw cause;
  }
}

/** Files outside the cache may fail to open, too. */
function isAbout(error: unknown, folder: string): boolean {
  const { path = '' } = error as NodeJS.ErrnoException;
  return path !== '' && (path.startsWith(folder) || folder.startsWith(path));
}

/** The system's name of an error (`ENOSPC`), its own or its cause's. */
export function errorCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}

async function freeBytes(folder: string): Promise<number | string> {
  return statfs(folder).then(
    (stats) => stats.bavail * stats.bsize,
    () => 'unknown',
  );
}
