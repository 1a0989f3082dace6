import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRepositoryUrl, shortSha } from '../../config/release.ts';
import { notBuilt } from '../../support/step-error.ts';
import { exists } from '../../support/files.ts';
import type { ReleasesContext } from '../context.ts';
import { editionOf, renewMirror } from './fetch.ts';
import type { Revision } from './refs.ts';
import { GitError, runGit } from './run-git.ts';

/**
 * Writes a commit's files into `folder`, which must not exist. It has a `.git` folder of its own that borrows the
 * mirror's objects: the git of some Gradle plugins cannot read a `git worktree`, and the mirror stays unchanged.
 *
 * @throws StepError not-built; blocked
 */
export async function checkOut(revision: Revision, folder: string, ctx: ReleasesContext): Promise<void> {
  const edition = await editionOf(revision.mirror);
  try {
    await lay(revision, folder, ctx);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    // Missing or damaged objects show up here at the latest.
    ctx.progress.say(`${shortSha(revision.commit)} cannot be checked out: ${error.message}`);
    await renewMirror(revision.mirror, { commit: revision.commit, edition }, ctx);
    await lay(revision, folder, ctx).catch((cause: unknown) => {
      if (!(cause instanceof GitError)) throw cause;
      const where = `${revision.commit} of ${revision.repository}`;
      throw notBuilt('build', `${where} cannot be checked out, even from a new mirror: ${cause.message}`, { cause });
    });
  }
  await sayWhatIsLeftOut(revision, folder, ctx);
  await fetchSubmodules(revision, folder, ctx);
}

async function lay({ mirror, commit }: Revision, folder: string, ctx: ReleasesContext): Promise<void> {
  const what = `checking out ${shortSha(commit)}`;
  await runGit({ folder: ctx.cache.folder, args: ['init', '--quiet', '--', folder], what }, ctx);
  const git = join(folder, '.git');
  await mkdir(join(git, 'objects', 'info'), { recursive: true });
  await writeFile(join(git, 'objects', 'info', 'alternates'), `${join(mirror.objects, 'objects')}\n`);
  // Its parents are not there, and git must not ask for them.
  await writeFile(join(git, 'shallow'), `${commit}\n`);
  // Relative submodules and LFS use this address.
  await runGit({ folder, args: ['remote', 'add', 'origin', mirror.repository], what }, ctx).catch(ifNotThereYet);
  await runGit({ folder, args: ['checkout', '--quiet', '--force', '--detach', commit], what }, ctx);
}

/** At the second try it is there. */
function ifNotThereYet(error: unknown): void {
  if (!(error instanceof GitError && error.message.includes('already exists'))) throw error;
}

async function sayWhatIsLeftOut(revision: Revision, folder: string, { progress }: ReleasesContext): Promise<void> {
  const attributes = await readFile(join(folder, '.gitattributes'), 'utf8').catch(() => '');
  if (!/\bfilter=lfs\b/.test(attributes)) return;
  const words = 'keeps files in Git LFS: they are there only if git-lfs is installed and configured for this user';
  progress.say(`${revision.repository} at ${shortSha(revision.commit)} ${words}`);
}

async function fetchSubmodules(revision: Revision, folder: string, ctx: ReleasesContext): Promise<void> {
  if (!(await exists(join(folder, '.gitmodules')))) return;
  const { repository } = revision.mirror;
  const what = `fetching the submodules of ${revision.repository}`;
  ctx.progress.say(what);
  // Submodules of a repository on this machine may be local, too; a URL may not point to this machine.
  const allowPaths = !isRepositoryUrl(repository) || repository.startsWith('file:');
  try {
    const args = ['submodule', 'update', '--init', '--recursive', '--progress'];
    await runGit({ folder, args, what, allowPaths }, ctx);
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    throw notBuilt('build', `${what} at ${revision.commit}: ${cause.message}`, { cause });
  }
}
