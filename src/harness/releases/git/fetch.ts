import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { shortSha, shownRepository } from '../../domain/git-names.ts';
import { notBuilt } from '../../domain/step-error.ts';
import { exists, isFolder } from '../../support/files.ts';
import type { ReleasesContext } from '../context.ts';
import { removeRests, replaceRepository, underLock, type Mirror } from './mirror.ts';
import { GitError, runGit } from './run-git.ts';

/**
 * The commit that a SHA (of a commit or of a tag) stands for, if the mirror holds it; what it holds was fetched to its
 * end. Undefined as well where git cannot work with the mirror.
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
 * Sees to it that the mirror holds what a SHA stands for, and returns that commit: fetched without history, under the
 * cache's lock. A mirror that git cannot work with any more is made anew.
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

/** Tells a mirror from one that has been put in its place; undefined where there is none, or none that git knows. */
export async function editionOf({ objects }: Mirror): Promise<number | undefined> {
  return stat(join(objects, 'HEAD')).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/**
 * Replaces a mirror whose objects turned out to be damaged by one that holds this commit. Where somebody has replaced
 * that edition already, the new one is given this commit as well.
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

/** The commit; undefined where there is no mirror, or it does not take it. */
async function fetchIntoOld(mirror: Mirror, sha: string, ctx: ReleasesContext): Promise<string | undefined> {
  if (!(await isFolder(mirror.objects))) return undefined;
  await removeRests(mirror.objects, ctx);
  try {
    await fetchInto(mirror.objects, mirror, sha, ctx);
    return await keptCommit(mirror, sha, ctx);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    ctx.progress.say(`the mirror in the cache did not take it (${error.message}): trying with a new one`);
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

/** Servers of plain files, and those that give out nothing but what a branch or a tag names. */
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
    // The ref is written when everything has come: what it names is whole.
    await fetch('--depth=1', `+${sha}:${keptRef(sha)}`);
  } catch (error) {
    if (!(error instanceof GitError && GIVES_NO_PART.test(error.message))) throw error;
    ctx.progress.say(`${what}: it gives out no single commits; fetching the whole repository`);
    await fetch('+refs/*:refs/whole/*');
    await runGit({ folder, args: ['update-ref', keptRef(sha), sha], what }, ctx);
  }
}

function keptRef(sha: string): string {
  return `refs/compat/${sha}`;
}
