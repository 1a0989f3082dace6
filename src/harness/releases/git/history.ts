import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { shownRepository } from '../../domain/git-names.ts';
import { notBuilt } from '../../domain/step-error.ts';
import { temporaryFolder } from '../cache-temporary.ts';
import type { ReleasesContext } from '../context.ts';
import { holdFolder } from './hold.ts';
import { makeBare, removeRests, underLock, type Mirror } from './mirror.ts';
import { GitError, runGit } from './run-git.ts';

/** Least digits that git takes for an abbreviated SHA. */
const ABBREVIATED = /^[0-9a-f]{4,63}$/i;

export function mayBeAbbreviated(ref: string): boolean {
  return ABBREVIATED.test(ref);
}

/**
 * The commit that an abbreviated SHA stands for. Only the history of the repository can tell: it is fetched without
 * files, where the server can do that. Undefined where there is no such commit.
 * @throws StepError not-built where the abbreviation is ambiguous, or the history cannot be fetched
 */
export async function findAbbreviated(mirror: Mirror, ref: string, ctx: ReleasesContext): Promise<string | undefined> {
  const short = ref.toLowerCase();
  const kept = await keptCommits(mirror, short, ctx);
  if (kept.length === 1) return kept[0];
  return underLock(mirror, ctx, async () => {
    await fetchHistory(mirror, ctx);
    const all = await historyCommits(mirror, short, ctx);
    if (all.length < 2) return all[0];
    const which = all.slice(0, 5).join(', ');
    throw notBuilt(
      'resolve',
      `${ref} is ambiguous in ${shownRepository(mirror.repository)}: ${which}. Write more digits.`,
    );
  });
}

/** Of those that builds have used: no network is needed for these. */
async function keptCommits({ objects }: Mirror, short: string, ctx: ReleasesContext): Promise<readonly string[]> {
  const names = await readdir(join(objects, 'refs', 'compat')).catch(() => []);
  ctx.signal.throwIfAborted();
  return names.filter((name) => name.startsWith(short) && !name.endsWith('.lock'));
}

async function historyCommits({ history }: Mirror, short: string, ctx: ReleasesContext): Promise<readonly string[]> {
  const what = `looking for ${short}`;
  const printed = await runGit({ folder: history, args: ['rev-list', '--all'], what }, ctx);
  return printed.split('\n').filter((commit) => commit.startsWith(short));
}

async function fetchHistory(mirror: Mirror, ctx: ReleasesContext): Promise<void> {
  const { history } = mirror;
  const exists = (await readdir(history).catch(() => [])).length > 0;
  try {
    if (!exists) throw new GitError('it is not there yet');
    await removeRests(history, ctx);
    await fetchAll(history, mirror, ctx);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (exists) ctx.progress.say(`${history}: ${error.message}: making it anew`);
    await makeHistory(mirror, ctx);
  }
}

async function makeHistory(mirror: Mirror, ctx: ReleasesContext): Promise<void> {
  const folder = await temporaryFolder(ctx.cache.folder);
  const release = await holdFolder(folder, 'git', ctx);
  try {
    const fresh = join(folder, 'history.git');
    await makeBare(fresh, ctx);
    await fetchAll(fresh, mirror, ctx);
    await mkdir(dirname(mirror.history), { recursive: true });
    await rm(mirror.history, { recursive: true, force: true });
    await rename(fresh, mirror.history);
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    const shown = shownRepository(mirror.repository);
    const advice = 'Write the SHA in full, or name a branch or a tag.';
    throw notBuilt('resolve', `the history of ${shown} cannot be fetched: ${cause.message}. ${advice}`, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await release();
  }
}

async function fetchAll(folder: string, { repository }: Mirror, ctx: ReleasesContext): Promise<void> {
  const what = `fetching the history of ${shownRepository(repository)}`;
  ctx.progress.say(what);
  const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  const options = ['--progress', '--prune', '--filter=tree:0', '--no-write-fetch-head', '--no-recurse-submodules'];
  await runGit({ folder, args: ['fetch', ...options, '--', repository, ...refs], what }, ctx);
}
