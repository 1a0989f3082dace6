import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { shownRepository } from '../../config/release.ts';
import { explainDiskError } from '../cache-folder.ts';
import { temporaryFolder } from '../cache-files.ts';
import type { ReleasesContext } from '../context.ts';
import { holdFolder, runGit } from './run-git.ts';

/** The cache's copy of a repository: the commits that runs asked for, each without its history. */
export interface Mirror {
  /** URL or path, as git understands it; may hold a secret. */
  readonly repository: string;
  /** A bare repository; may not be there yet. */
  readonly objects: string;
  /** All commits without their files, for abbreviated SHAs; made when first needed. */
  readonly history: string;
}

export function mirrorOf(repository: string, { cache }: ReleasesContext): Mirror {
  const key = createHash('sha256').update(repository).digest('hex').slice(0, 24);
  const folder = join(cache.folder, 'git', key);
  return { repository, objects: join(folder, 'objects.git'), history: join(folder, 'history.git') };
}

/** Does `work` while no other run changes the mirror. @throws StepError blocked where it stays locked; disk full */
export async function underLock<T>(mirror: Mirror, ctx: ReleasesContext, work: () => Promise<T>): Promise<T> {
  const what = `mirror of ${shownRepository(mirror.repository)}`;
  const name = `git-${dirname(mirror.objects).split('/').at(-1) ?? ''}`;
  return explainDiskError({ folder: ctx.cache.folder, step: 'resolve' }, () => ctx.cache.exclusively(name, what, work));
}

/** Replaces `target` by a new repository that `fill` has filled; until it is complete, the old one stays. */
export async function replaceRepository(
  target: string,
  ctx: ReleasesContext,
  fill: (fresh: string) => Promise<void>,
): Promise<void> {
  const folder = await temporaryFolder(ctx.cache.folder);
  const release = await holdFolder(folder, 'git', ctx);
  try {
    const fresh = join(folder, 'fresh.git');
    const args = ['init', '--quiet', '--bare', '--', fresh];
    await runGit({ folder: ctx.cache.folder, args, what: `making ${fresh}` }, ctx);
    await fill(fresh);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await release();
  }
}

/** Under the lock no other run writes: locks and half-written packs are leftovers of a killed git. */
export async function removeRests(folder: string, { progress }: ReleasesContext): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const rest = /\.lock$|(^|\/)tmp_(pack|idx|rev|obj)_[^/]*$|(^|\/)\.tmp-[^/]*\.pack/;
  const rests = names.filter((name) => rest.test(name));
  if (rests.length === 0) return;
  progress.say(`${folder}: removing leftovers of a killed git: ${rests.slice(0, 5).join(', ')}`);
  for (const name of rests) await rm(join(folder, name), { force: true });
}
