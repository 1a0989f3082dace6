import { isAbsolute } from 'node:path';
import type { JavaMajor } from '../corda/facts.ts';

/** The source of a release's node jar. */
export type ReleaseSource =
  { readonly kind: 'maven'; readonly version: string } | { readonly kind: 'jar'; readonly path: string } | GitSource;

/** A revision that the harness builds itself. */
export interface GitSource {
  readonly kind: 'git';
  /** URL or absolute path. */
  readonly repository: string;
  /** The ref as the user wrote it: branch, tag, commit, `origin/x`. */
  readonly ref: string;
  /** Differences from the preset of the revision's own version, by component. */
  readonly build: Readonly<Partial<Record<BuiltComponent, BuildRecipe>>>;
  /** Milliseconds for one command of the build. */
  readonly limit: number;
}

/** The result of one build of a revision. */
export type BuiltComponent = 'node' | 'cordapps';

export interface BuildRecipe {
  /** Run by `sh -c` at the root of the worktree. */
  readonly command: string;
  /** Glob below the worktree; exactly one file for the node, at least one for CorDapps. */
  readonly artefact: string;
}

/** The source of a CorDapp jar: `group:artifact:version` (`{version}` = the node's own release) or a file. */
export type CordappSource =
  { readonly kind: 'maven'; readonly coordinate: string } | { readonly kind: 'jar'; readonly path: string };

/** One version of Corda that can run, as the matrix names it, before anything is fetched. */
export interface Release {
  /** The key in matrix.json, for example `4.10`. */
  readonly id: string;
  readonly source: ReleaseSource;
  readonly cordapps: readonly CordappSource[];
  /** Overrides the Java version that the platform facts say. */
  readonly java?: JavaMajor;
  /** Further JVM options of every node of this release. */
  readonly jvmArgs: readonly string[];
  /** Base image of this release's images, instead of the Java version's own. */
  readonly base?: string;
}

/** Whether a repository is named by a URL (`https://…`, `ssh://…`, `user@host:path`) and not by a path. */
export function isRepositoryUrl(repository: string): boolean {
  return !isAbsolute(repository) && /^[^/\\]+:/.test(repository);
}

/** A repository as it may be printed: without a password or a token in its URL. */
export function shownRepository(repository: string): string {
  return repository.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i, '$1');
}

/** A commit named in full. */
export function isFullSha(ref: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref);
}

/** A commit in short form for people; any other text unchanged. */
export function shortSha(commit: string): string {
  return isFullSha(commit) ? commit.slice(0, 10).toLowerCase() : commit;
}
