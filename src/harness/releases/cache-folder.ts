import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { variable, type Environment } from '../domain/environment.ts';

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
