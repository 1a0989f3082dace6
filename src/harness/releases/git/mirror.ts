import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isRepositoryUrl, shortSha, shownRepository } from '../../domain/git-names.ts';
import { notBuilt } from '../../domain/step-error.ts';
import { temporaryFolder } from '../cache-temporary.ts';
import { once, type ReleasesContext } from '../context.ts';
import { holdFolder } from './hold.ts';
import { parseListing, type Listing } from './listing.ts';
import { GitError, runGit } from './run-git.ts';

/** What the cache keeps of a repository: the commits that were asked for, each without its history. */
export interface Mirror {
  /** URL or path, as git understands it; may hold a secret. */
  readonly repository: string;
  /** A bare repository; may not be there yet. */
  readonly objects: string;
  /** All commits without their files, for abbreviated SHAs; made when first needed. */
  readonly history: string;
}

const listingSchema = z.object({ refs: z.record(z.string(), z.string()), at: z.string() });
/** A repository that answers nothing for so long cannot be reached. */
const LIST_SILENCE_MS = 60_000;

export function mirrorOf(repository: string, { cache }: ReleasesContext): Mirror {
  const key = createHash('sha256').update(repository).digest('hex').slice(0, 24);
  const folder = join(cache.folder, 'git', key);
  return { repository, objects: join(folder, 'objects.git'), history: join(folder, 'history.git') };
}

/**
 * The refs of a repository, asked for once a run. Where it cannot be reached: those that were last seen, which is said.
 * @throws StepError not-built where it cannot be reached and never was
 */
export async function listRefs(mirror: Mirror, ctx: ReleasesContext): Promise<Listing> {
  return once(ctx.known.listings, mirror.repository, () => listNow(mirror, ctx));
}

async function listNow(mirror: Mirror, ctx: ReleasesContext): Promise<Listing> {
  const file = join(dirname(mirror.objects), 'refs.json');
  const shown = shownRepository(mirror.repository);
  const what = `asking ${shown} for its refs`;
  try {
    const args = ['ls-remote', '--', mirror.repository];
    const printed = await runGit({ folder: ctx.cache.folder, args, what, silence: LIST_SILENCE_MS }, ctx);
    const listing = parseListing(printed, new Date().toISOString());
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.${process.pid}.part`, JSON.stringify(listing));
    await rename(`${file}.${process.pid}.part`, file);
    return listing;
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    const known = await readListing(file);
    if (!known) throw unreachable(mirror, cause);
    ctx.progress.say(`${shown} cannot be reached (${cause.message}): going by its refs as of ${known.at}`);
    return { ...known, stale: cause.message };
  }
}

async function readListing(file: string): Promise<Listing | undefined> {
  try {
    return listingSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function unreachable({ repository }: Mirror, cause: GitError): Error {
  const advice = isRepositoryUrl(repository)
    ? 'Is the URL right, and is this user allowed to read it? Try: git ls-remote <URL>'
    : 'A path in "git" is relative to the matrix file, and must be a git repository';
  return notBuilt('resolve', `${shownRepository(repository)} cannot be read: ${cause.message}. ${advice}`, { cause });
}

/** Whether the mirror holds a commit; what it holds was fetched to its end. */
export async function hasCommit({ objects }: Mirror, commit: string, ctx: ReleasesContext): Promise<boolean> {
  const what = `looking for ${commit}`;
  return runGit({ folder: objects, args: ['rev-parse', '--verify', '--quiet', keptRef(commit)], what }, ctx).then(
    () => true,
    (error: unknown) => {
      if (error instanceof GitError || isMissing(error)) return false;
      throw error;
    },
  );
}

/** simple-git refuses to work in a folder that is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.includes('directory that does not exist');
}

/**
 * Sees to it that the mirror holds a commit: fetched without history, under the cache's lock. A mirror that git cannot
 * work with any more is made anew; until the new one is whole, the old one stays.
 * @throws StepError not-built; blocked
 */
export async function fetchCommit(mirror: Mirror, commit: string, ctx: ReleasesContext): Promise<void> {
  if (await hasCommit(mirror, commit, ctx)) return;
  await underLock(mirror, ctx, async () => {
    if (await hasCommit(mirror, commit, ctx)) return;
    await removeRests(mirror.objects, ctx);
    try {
      await fetchInto(mirror.objects, mirror, commit, ctx);
    } catch (error) {
      ctx.signal.throwIfAborted();
      // Not there, or damaged, or the fetch itself failed: then it fails with a new mirror, too.
      if (!(error instanceof GitError) && !isMissing(error)) throw error;
      await makeAnew(mirror, commit, ctx);
    }
  });
}

/** Replaces a damaged mirror by one that holds this commit alone. */
export async function renewMirror(mirror: Mirror, commit: string, ctx: ReleasesContext): Promise<void> {
  await underLock(mirror, ctx, () => makeAnew(mirror, commit, ctx));
}

export async function underLock<T>(mirror: Mirror, ctx: ReleasesContext, work: () => Promise<T>): Promise<T> {
  const what = `mirror of ${shownRepository(mirror.repository)}`;
  return ctx.cache.exclusively(`git-${dirname(mirror.objects).split('/').at(-1) ?? ''}`, what, work);
}

async function makeAnew(mirror: Mirror, commit: string, ctx: ReleasesContext): Promise<void> {
  const isRepair = (await readdir(mirror.objects).catch(() => [])).length > 0;
  const shown = shownRepository(mirror.repository);
  if (isRepair) ctx.progress.say(`the mirror of ${shown} in the cache is damaged: making it anew`);
  const folder = await temporaryFolder(ctx.cache.folder);
  const release = await holdFolder(folder, 'git', ctx);
  try {
    const fresh = join(folder, 'objects.git');
    await makeBare(fresh, ctx);
    await fetchInto(fresh, mirror, commit, ctx);
    await mkdir(dirname(mirror.objects), { recursive: true });
    await rm(mirror.objects, { recursive: true, force: true });
    await rename(fresh, mirror.objects);
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    const advice = 'It may be a commit that no branch or tag leads to any more; name a branch or a tag.';
    throw notBuilt('resolve', `commit ${commit} cannot be fetched from ${shown}: ${cause.message}. ${advice}`, {
      cause,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await release();
  }
}

export async function makeBare(folder: string, ctx: ReleasesContext): Promise<void> {
  const args = ['init', '--quiet', '--bare', '--', folder];
  await runGit({ folder: ctx.cache.folder, args, what: `making ${folder}` }, ctx);
}

async function fetchInto(folder: string, mirror: Mirror, commit: string, ctx: ReleasesContext): Promise<void> {
  const what = `fetching ${shortSha(commit)} of ${shownRepository(mirror.repository)}`;
  ctx.progress.say(what);
  // The ref is written when everything has come: what it names is whole.
  const refs = `+${commit}:${keptRef(commit)}`;
  const options = ['--progress', '--depth=1', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
  await runGit({ folder, args: ['fetch', ...options, '--', mirror.repository, refs], what }, ctx);
}

function keptRef(commit: string): string {
  return `refs/compat/${commit}`;
}

/** Under the lock nobody else writes: locks and half-written packs are those of a git that was killed. */
export async function removeRests(folder: string, { progress }: ReleasesContext): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const rests = names.filter((name) =>
    /\.lock$|(^|\/)tmp_(pack|idx|rev|obj)_[^/]*$|(^|\/)\.tmp-[^/]*\.pack/.test(name),
  );
  if (rests.length === 0) return;
  progress.say(`${folder}: removing what a git that was killed has left: ${rests.slice(0, 5).join(', ')}`);
  for (const name of rests) await rm(join(folder, name), { force: true });
}
