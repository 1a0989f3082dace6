import { stat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { shortSha, shownRepository } from '../../config/release.ts';
import { notBuilt } from '../../support/step-error.ts';
import { exists, isFolder } from '../../support/files.ts';
import type { ReleasesContext } from '../context.ts';
import { removeRests, replaceRepository, underLock, type Mirror } from './mirror.ts';
import { GitError, runGit } from './run-git.ts';

/**
 * The commit that a SHA (of a commit or of a tag) stands for, if the mirror holds it completely. Undefined as well if
 * git cannot work with the mirror.
 */
export async function keptCommit({ objects }: Mirror, sha: string, ctx: ReleasesContext): Promise<string | undefined> {
  if (!(await isFolder(objects))) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', `${keptRef(sha)}^{commit}`];
  try {
    return (await runGit({ folder: objects, args, what: `looking for ${sha}` }, ctx)).trim();
  } catch (error) {
    if (error instanceof GitError) return undefined;
    throw error;
  }
}

/**
 * Fetches the commit that a SHA stands for into the mirror, unless it is there, and returns it. Fetches without
 * history, under the cache's lock. Replaces a mirror that git cannot use any more.
 *
 * @throws StepError not-built; blocked
 */
export async function fetchCommit(mirror: Mirror, sha: string, ctx: ReleasesContext): Promise<string> {
  const kept = await keptCommit(mirror, sha, ctx);
  if (kept !== undefined) return kept;
  return underLock(mirror, ctx, async () => {
    const meanwhile = await keptCommit(mirror, sha, ctx);
    if (meanwhile !== undefined) return meanwhile;
    return (await fetchIntoOld(mirror, sha, ctx)) ?? makeAnew(mirror, sha, ctx);
  });
}

/** Tells a mirror from its replacement; undefined if there is none, or none that git knows. */
export async function editionOf({ objects }: Mirror): Promise<number | undefined> {
  return stat(join(objects, 'HEAD')).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/**
 * Replaces a mirror with damaged objects by one that holds this commit. If another run has replaced it already,
 * fetches the commit into the new one.
 */
export async function renewMirror(
  mirror: Mirror,
  { commit, edition }: { readonly commit: string; readonly edition: number | undefined },
  ctx: ReleasesContext,
): Promise<void> {
  await underLock(mirror, ctx, async () => {
    const holds = await exists(join(mirror.objects, keptRef(commit)));
    if (holds && (await editionOf(mirror)) !== edition) return;
    if (!holds && (await fetchIntoOld(mirror, commit, ctx)) !== undefined) return;
    await makeAnew(mirror, commit, ctx);
  });
}

/** The commit; undefined if there is no mirror, or if it cannot fetch the commit. */
async function fetchIntoOld(mirror: Mirror, sha: string, ctx: ReleasesContext): Promise<string | undefined> {
  if (!(await isFolder(mirror.objects))) return undefined;
  await removeRests(mirror.objects, ctx);
  try {
    await fetchInto(mirror.objects, mirror, sha, ctx);
    return await keptCommit(mirror, sha, ctx);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    ctx.progress.say(`the mirror in the cache failed to fetch it (seen: ${error.message}): trying with a new one`);
    return undefined;
  }
}

async function makeAnew(mirror: Mirror, sha: string, ctx: ReleasesContext): Promise<string> {
  const shown = shownRepository(mirror.repository);
  if (await exists(mirror.objects)) ctx.progress.say(`making the mirror of ${shown} in the cache anew`);
  try {
    await replaceRepository(mirror.objects, ctx, async (fresh) => {
      await fetchInto(fresh, mirror, sha, ctx);
      if ((await keptCommit({ ...mirror, objects: fresh }, sha, ctx)) === undefined) throw noCommit(mirror, sha);
    });
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    const advice = 'It may be a commit that no branch or tag leads to any more; name a branch or a tag.';
    throw notBuilt('resolve', `commit ${sha} cannot be fetched from ${shown}: ${cause.message}. ${advice}`, { cause });
  }
  const commit = await keptCommit(mirror, sha, ctx);
  if (commit === undefined) throw noCommit(mirror, sha);
  return commit;
}

function noCommit({ repository }: Mirror, sha: string): Error {
  return notBuilt('resolve', `${sha} of ${shownRepository(repository)} is no commit.`);
}

/** Servers of plain files, and servers that give out only the commits of branches and tags. */
const GIVES_NO_PART = /dumb http transport|unadvertised object|does not support shallow|shallow capabilities/;

async function fetchInto(folder: string, mirror: Mirror, sha: string, ctx: ReleasesContext): Promise<void> {
  const what = `fetching ${shortSha(sha)} of ${shownRepository(mirror.repository)}`;
  ctx.progress.say(what);
  const fetch = (...args: readonly string[]): Promise<string> => {
    const options = ['--progress', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
    const [refs = '', ...more] = args.toReversed();
    return runGit({ folder, args: ['fetch', ...options, ...more, '--', mirror.repository, refs], what }, ctx);
  };
  try {
    // The ref is written at the end: its commit is complete.
    await fetch('--depth=1', `+${sha}:${keptRef(sha)}`);
  } catch (error) {
    if (!(error instanceof GitError && GIVES_NO_PART.test(error.message))) throw error;
    ctx.progress.say(`${what}: the server gives out no single commits; fetching the whole repository`);
    await fetch('+refs/*:refs/whole/*');
    await runGit({ folder, args: ['update-ref', keptRef(sha), sha], what }, ctx);
  }
}

function keptRef(sha: string): string {
  return `refs/compat/${sha}`;
}

/** Least digits that git takes for an abbreviated SHA. */
const ABBREVIATED = /^[0-9a-f]{4,63}$/i;

export function mayBeAbbreviated(ref: string): boolean {
  return ABBREVIATED.test(ref);
}

/**
 * The commit that an abbreviated SHA stands for. Only the history of the repository can tell. It is fetched once,
 * without files if the server allows that. If it cannot be fetched, the commits of earlier builds count. Undefined if
 * there is no such commit.
 *
 * @throws StepError not-built where the abbreviation is ambiguous, or the history cannot be fetched
 */
export async function findAbbreviated(mirror: Mirror, ref: string, ctx: ReleasesContext): Promise<string | undefined> {
  const short = ref.toLowerCase();
  const found = await underLock(mirror, ctx, async () => {
    const known = await knownCommits(mirror, short, ctx);
    if (known.length > 0) return known;
    try {
      await fetchHistory(mirror, ctx);
    } catch (cause) {
      if (!(cause instanceof GitError)) throw cause;
      const kept = await keptCommits(mirror, short);
      if (kept.length > 0) return kept;
      throw noHistory(mirror, cause);
    }
    return historyCommits(mirror, short, ctx);
  });
  if (found.length < 2) return found[0];
  const which = found.slice(0, 5).join(', ');
  const where = shownRepository(mirror.repository);
  throw notBuilt('resolve', `${ref} is ambiguous in ${where}: ${which}. Write more digits.`);
}

/** By the history of the last fetch; none if there is no such history, or if git cannot read it. */
async function knownCommits(mirror: Mirror, short: string, ctx: ReleasesContext): Promise<readonly string[]> {
  if (!(await exists(mirror.history))) return [];
  return historyCommits(mirror, short, ctx).catch((error: unknown) => {
    if (error instanceof GitError) return [];
    throw error;
  });
}

async function historyCommits({ history }: Mirror, short: string, ctx: ReleasesContext): Promise<readonly string[]> {
  const what = `looking for ${short}`;
  const printed = await runGit({ folder: history, args: ['rev-list', '--all'], what }, ctx);
  return printed.split('\n').filter((commit) => commit.startsWith(short));
}

/** Among the commits of earlier builds. */
async function keptCommits({ objects }: Mirror, short: string): Promise<readonly string[]> {
  const names = await readdir(join(objects, 'refs', 'compat')).catch(() => []);
  return names.filter((name) => name.startsWith(short) && !name.endsWith('.lock'));
}

/** A history that git cannot use any more is fetched anew. @throws GitError */
async function fetchHistory(mirror: Mirror, ctx: ReleasesContext): Promise<void> {
  const { history } = mirror;
  if (await exists(history)) {
    await removeRests(history, ctx);
    try {
      return await fetchAll(history, mirror, ctx);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      ctx.progress.say(`${history}: ${error.message}: making it anew`);
    }
  }
  await replaceRepository(history, ctx, (fresh) => fetchAll(fresh, mirror, ctx));
}

async function fetchAll(folder: string, { repository }: Mirror, ctx: ReleasesContext): Promise<void> {
  const what = `fetching the history of ${shownRepository(repository)}`;
  ctx.progress.say(what);
  const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  const options = ['--progress', '--prune', '--filter=tree:0', '--no-write-fetch-head', '--no-recurse-submodules'];
  await runGit({ folder, args: ['fetch', ...options, '--', repository, ...refs], what }, ctx);
}

function noHistory({ repository }: Mirror, cause: GitError): Error {
  const shown = shownRepository(repository);
  const advice = 'Write the SHA in full, or name a branch or a tag.';
  return notBuilt('resolve', `the history of ${shown} cannot be fetched: ${cause.message}. ${advice}`, { cause });
}
