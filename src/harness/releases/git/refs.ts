import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isFullSha, shownRepository, type GitSource, isRepositoryUrl } from '../../config/release.ts';
import { notBuilt } from '../../support/step-error.ts';
import type { ReleasesContext } from '../context.ts';
import { fetchCommit, keptCommit, findAbbreviated, mayBeAbbreviated } from './fetch.ts';
import { mirrorOf, type Mirror } from './mirror.ts';
import { explainDiskError } from '../cache-folder.ts';
import { temporaryFolder } from '../cache-files.ts';
import { once } from '../../support/once.ts';
import { GitError, runGit } from './run-git.ts';
import { editDistance } from '../../support/nearest.ts';

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

/** The revision that a ref stands for by the refs of its repository alone. */
export interface ListedRef {
  /** Undefined for a SHA, which only a fetch can resolve. */
  readonly commit?: string;
  /** The reason why the refs are those of an earlier run. */
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

const listingSchema = z.object({ refs: z.record(z.string(), z.string()), at: z.string() });
/** A repository without an answer for so long counts as unreachable. */
const LIST_SILENCE_MS = 60_000;

/**
 * The refs of a repository, asked for once a run. If it cannot be reached: the refs of an earlier run, with a message.
 * @throws StepError not-built where it cannot be reached and never was; blocked
 */
async function listRefs(mirror: Mirror, ctx: ReleasesContext): Promise<Listing> {
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
    ctx.progress.say(`${shown} cannot be reached (${cause.message}): using its refs as of ${known.at}`);
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

/** The refs that a repository has, as `git ls-remote` lists them; tags peeled to what they stand for. */
export interface Listing {
  /** Full name (`refs/heads/main`, `HEAD`) to object. */
  readonly refs: Readonly<Record<string, string>>;
  /** ISO time. */
  readonly at: string;
  /** The reason why these refs are those of an earlier run. */
  readonly stale?: string;
}

export interface FoundRef {
  /** Full name: `refs/tags/v1`; for a SHA, the SHA. */
  readonly name: string;
  readonly commit: string;
  /** A warning: another ref of that name stands for another commit. */
  readonly warning?: string;
}

const PEELED = '^{}';

/** Reads what `git ls-remote` prints. */
export function parseListing(printed: string, at: string): Listing {
  const lines = printed.split('\n').flatMap((line) => {
    const [object, name] = line.split('\t');
    return object !== undefined && name !== undefined && isFullSha(object) ? [[name, object] as const] : [];
  });
  const refs = new Map(lines.filter(([name]) => !name.endsWith(PEELED)));
  for (const [name, object] of lines) if (name.endsWith(PEELED)) refs.set(name.slice(0, -PEELED.length), object);
  return { refs: Object.fromEntries(refs), at };
}

/**
 * The object that a ref stands for, by git's own rules: a full SHA first, then a full name, then tag before branch,
 * then `origin/…`, a branch of the repository itself. Undefined otherwise; the ref may still be an abbreviated SHA.
 */
export function findRef(written: string, { refs }: Listing): FoundRef | undefined {
  const ref = written.replace(/\^(\{(commit)?\}|0)$/, '');
  if (isFullSha(ref)) return { name: ref.toLowerCase(), commit: ref.toLowerCase() };
  const matches = candidates(ref).flatMap((name) => {
    const commit = Object.hasOwn(refs, name) ? refs[name] : undefined;
    return commit === undefined ? [] : [{ name, commit }];
  });
  const [first] = matches;
  if (!first) return undefined;
  const other = matches.find(({ commit }) => commit !== first.commit);
  if (!other) return first;
  const both = `${ref} is ambiguous: ${first.name} (${first.commit.slice(0, 10)}) and ${other.name} (${other.commit.slice(0, 10)})`;
  return { ...first, warning: `${both}. Taking the first, as git does; write the full name to be clear` };
}

/** In the order in which git looks them up (gitrevisions). */
function candidates(ref: string): readonly string[] {
  const remote = /^(?:refs\/)?(?:remotes\/)?origin\/(.+)$/.exec(ref)?.[1];
  const ofRemote = remote === undefined ? [] : [remote === 'HEAD' ? 'HEAD' : `refs/heads/${remote}`];
  const named = [ref, `refs/${ref}`, `refs/tags/${ref}`, `refs/heads/${ref}`, ...ofRemote];
  return ref === 'origin' ? [...named, 'HEAD'] : named;
}

/** Names of branches and tags that resemble the wanted one, the nearest first. */
export function nearRefs(ref: string, { refs }: Listing, most = 5): readonly string[] {
  const asked = ref.toLowerCase();
  const names = Object.keys(refs).flatMap((name) => /^refs\/(?:heads|tags)\/(.+)$/.exec(name)?.[1] ?? []);
  return [...new Set(names)]
    .map((name) => ({ name, far: distance(asked, name.toLowerCase()) }))
    .filter(({ far }) => far <= Math.max(2, Math.ceil(asked.length / 2)))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

/** A name that is part of the other is near, however much longer the other is. */
function distance(asked: string, name: string): number {
  const far = editDistance(asked, name);
  return asked.length >= 3 && (name.includes(asked) || asked.includes(name)) ? Math.min(far, 1.5) : far;
}
