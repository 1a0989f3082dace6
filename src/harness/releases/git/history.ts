import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { shownRepository } from '../../domain/git-names.ts';
import { notBuilt } from '../../domain/step-error.ts';
import { exists } from '../../support/files.ts';
import type { ReleasesContext } from '../context.ts';
import { removeRests, replaceRepository, underLock, type Mirror } from './mirror.ts';
import { GitError, runGit } from './run-git.ts';

/** Least digits that git takes for an abbreviated SHA. */
const ABBREVIATED = /^[0-9a-f]{4,63}$/i;

export function mayBeAbbreviated(ref: string): boolean {
  return ABBREVIATED.test(ref);
}

/**
 * The commit that an abbreviated SHA stands for. Only the history of the repository can tell: it is fetched without
 * files, where the server can do that; not again for one that it holds. Where it cannot be fetched, the commits count
 * that were built before. Undefined where there is no such commit.
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

/** By the history as it was fetched last; none where there is no such history, or git cannot read it. */
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

/** Of those that builds have used. */
async function keptCommits({ objects }: Mirror, short: string): Promise<readonly string[]> {
  const names = await readdir(join(objects, 'refs', 'compat')).catch(() => []);
  return names.filter((name) => name.startsWith(short) && !name.endsWith('.lock'));
}

/** A history that git cannot work with any more is made anew. @throws GitError */
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
