import { isAbsolute } from 'node:path';

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

/** A commit as people read it; of something that is no full SHA: itself. */
export function shortSha(commit: string): string {
  return isFullSha(commit) ? commit.slice(0, 10).toLowerCase() : commit;
}
