import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { variable, VARIABLES } from '../domain/environment.ts';

/** Where Debian packages come from. */
export interface DebianMirror {
  /** Without a slash at its end. */
  readonly url: string;
  /** Where its address was read, for messages. */
  readonly from: string;
}

/** `COMPAT_DEBIAN_MIRROR`, else the mirror this Debian machine uses itself, else Debian's own. */
export async function debianMirror(env: Environment, apt = '/etc/apt'): Promise<DebianMirror> {
  const own = variable(env, 'COMPAT_DEBIAN_MIRROR');
  if (own) return { url: own.replace(/\/+$/, ''), from: 'COMPAT_DEBIAN_MIRROR' };
  const [first] = await aptMirrors(apt);
  return first ?? { url: VARIABLES.COMPAT_DEBIAN_MIRROR.byDefault, from: 'default' };
}

async function aptMirrors(apt: string): Promise<readonly DebianMirror[]> {
  const parts = join(apt, 'sources.list.d');
  const names = (await readdir(parts).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name)).toSorted();
  const files = [join(apt, 'sources.list'), ...names.map((name) => join(parts, name))];
  const found = files.map(async (file) => {
    const text = await readFile(file, 'utf8').catch(() => '');
    return debianUris(text).map((url) => ({ url, from: file }));
  });
  return (await Promise.all(found)).flat();
}

/** Addresses of Debian's main archive in a sources.list (`deb …`) or a deb822 file (`URIs: …`). */
export function debianUris(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => /^\s*(deb\s|URIs:)/.test(line));
  const words = lines.flatMap((line) => line.split(/\s+/)).map((word) => word.replace(/\/+$/, ''));
  // Not `debian-security`, not another distribution's archive.
  return words.filter((word) => /^https?:\/\/.+\/debian$/.test(word));
}
