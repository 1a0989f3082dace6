import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isRepositoryUrl, shownRepository } from '../../domain/git-names.ts';
import { notBuilt } from '../../domain/step-error.ts';
import { explainDiskError } from '../cache-errors.ts';
import { temporaryFolder } from '../cache-temporary.ts';
import type { ReleasesContext } from '../context.ts';
import { once } from '../../support/once.ts';
import { parseListing, type Listing } from './listing.ts';
import type { Mirror } from './mirror.ts';
import { GitError, runGit } from './run-git.ts';

const listingSchema = z.object({ refs: z.record(z.string(), z.string()), at: z.string() });
/** A repository that answers nothing for so long cannot be reached. */
const LIST_SILENCE_MS = 60_000;

/**
 * The refs of a repository, asked for once a run. Where it cannot be reached: those that were last seen, which is said.
 * @throws StepError not-built where it cannot be reached and never was; blocked
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
    await explainDiskError({ folder: ctx.cache.folder, step: 'resolve' }, () => writeListing(listing, file, ctx));
    return listing;
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    const known = await readListing(file);
    if (!known) throw unreachable(mirror, cause);
    ctx.progress.say(`${shown} cannot be reached (${cause.message}): going by its refs as of ${known.at}`);
    return { ...known, stale: cause.message };
  }
}

async function writeListing(listing: Listing, file: string, { cache }: ReleasesContext): Promise<void> {
  const folder = await temporaryFolder(cache.folder);
  try {
    await writeFile(join(folder, 'refs.json'), JSON.stringify(listing));
    await mkdir(dirname(file), { recursive: true });
    await rename(join(folder, 'refs.json'), file);
  } finally {
    await rm(folder, { recursive: true, force: true });
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
