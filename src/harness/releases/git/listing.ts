import { isFullSha } from '../../domain/git-names.ts';
import { editDistance } from '../../support/edit-distance.ts';

/** The refs that a repository has, as `git ls-remote` lists them; tags peeled to what they stand for. */
export interface Listing {
  /** Full name (`refs/heads/main`, `HEAD`) to object. */
  readonly refs: Readonly<Record<string, string>>;
  /** ISO time. */
  readonly at: string;
  /** Why this is what an earlier run has seen. */
  readonly stale?: string;
}

export interface FoundRef {
  /** Full name: `refs/tags/v1`; of a SHA, the SHA. */
  readonly name: string;
  readonly commit: string;
  /** Worth saying: another ref of that name stands for another commit. */
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
 * What a ref stands for, by git's own rules: a full SHA first, then a full name, then tag before branch, then `origin/…`,
 * which is a branch of the repository itself. Undefined for none of these; it may still be an abbreviated SHA.
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

/** Names of branches and tags that look like the one asked for, the nearest first. */
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

/** One that is part of the other is near, however much longer the other is. */
function distance(asked: string, name: string): number {
  const far = editDistance(asked, name);
  return asked.length >= 3 && (name.includes(asked) || asked.includes(name)) ? Math.min(far, 1.5) : far;
}
