import { isFullSha, shownRepository } from '../../domain/git-names.ts';
import type { GitSource } from '../../domain/release.ts';
import { notBuilt } from '../../domain/step-error.ts';
import type { ReleasesContext } from '../context.ts';
import { fetchCommit, keptCommit } from './fetch.ts';
import { findAbbreviated, mayBeAbbreviated } from './history.ts';
import { findRef, nearRefs, type Listing } from './listing.ts';
import { mirrorOf, type Mirror } from './mirror.ts';
import { listRefs } from './remote-refs.ts';

/** A commit that the mirror holds. */
export interface Revision {
  readonly mirror: Mirror;
  /** Full SHA. */
  readonly commit: string;
  /** Without secrets, for people. */
  readonly repository: string;
}

/**
 * The commit that a ref stands for now, fetched. A full SHA that the mirror holds costs no network.
 * @throws StepError not-built (resolve) naming near refs; blocked
 */
export async function resolveRevision({ repository, ref }: GitSource, ctx: ReleasesContext): Promise<Revision> {
  const mirror = mirrorOf(repository, ctx);
  const named = isFullSha(ref) ? ref.toLowerCase() : await commitOf(mirror, ref, ctx);
  return { mirror, commit: await fetchCommit(mirror, named, ctx), repository: shownRepository(repository) };
}

/** What a ref stands for by the refs of its repository alone. */
export interface ListedRef {
  /** Undefined for a SHA, of which only a fetch can tell what it is. */
  readonly commit?: string;
  /** Why the repository's refs are those of an earlier run. */
  readonly stale?: string;
}

/** Looks a ref up without fetching anything. @throws StepError not-built (resolve) naming near refs; blocked */
export async function lookUpRef({ repository, ref }: GitSource, ctx: ReleasesContext): Promise<ListedRef> {
  const mirror = mirrorOf(repository, ctx);
  const listing = await listRefs(mirror, ctx);
  const stale = listing.stale === undefined ? {} : { stale: listing.stale };
  const found = isFullSha(ref) ? undefined : findRef(ref, listing);
  if (found) return { commit: found.commit, ...stale };
  if (isFullSha(ref) || mayBeAbbreviated(ref)) return stale;
  throw unknownRef(mirror, ref, listing);
}

async function commitOf(mirror: Mirror, ref: string, ctx: ReleasesContext): Promise<string> {
  const listing = await listRefs(mirror, ctx);
  const found = findRef(ref, listing);
  if (found?.warning) ctx.progress.say(`${shownRepository(mirror.repository)}: ${found.warning}`);
  const commit = found?.commit ?? (mayBeAbbreviated(ref) ? await findAbbreviated(mirror, ref, ctx) : undefined);
  if (commit === undefined) throw unknownRef(mirror, ref, listing);
  if (listing.stale !== undefined && (await keptCommit(mirror, commit, ctx)) === undefined) {
    const why = `${shownRepository(mirror.repository)} cannot be read: ${listing.stale}`;
    throw notBuilt('resolve', `${why}. ${ref} was ${commit} at ${listing.at}, but that commit is not in the cache.`);
  }
  return commit;
}

function unknownRef({ repository }: Mirror, ref: string, listing: Listing): Error {
  const near = nearRefs(ref, listing);
  const count = Object.keys(listing.refs).filter((name) => /^refs\/(heads|tags)\//.test(name)).length;
  const names = near.length > 0 ? `Near: ${near.join(', ')}` : 'None is near';
  const others = `${names}, of ${count} branches and tags`;
  const forms = 'A ref is a branch, a tag, origin/<branch> or a SHA (4 digits or more)';
  return notBuilt('resolve', `${shownRepository(repository)} has no ref ${JSON.stringify(ref)}. ${others}. ${forms}.`);
}
