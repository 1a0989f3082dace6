import type { JavaRuntime, NodeKit, ResolvedRelease, Artefact } from '../domain/release.ts';
import type { Progress } from '../support/progress.ts';
import { openCache, type Cache, type CacheOptions } from './cache.ts';
import type { Environment } from './cache-folder.ts';
import type { MavenRepository } from './maven-repository.ts';

/** What everything in this folder works with; one per run. */
export interface ReleasesContext {
  readonly cache: Cache;
  readonly env: Environment;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** What this run has found already. */
  readonly known: Known;
}

/** Results of this run by what was asked for, so that several cells at once ask once. */
export interface Known {
  readonly releases: Map<string, Promise<ResolvedRelease>>;
  readonly artefacts: Map<string, Promise<Artefact>>;
  readonly kits: Map<string, Promise<NodeKit>>;
  readonly runtimes: Map<string, Promise<JavaRuntime>>;
  readonly repositories: Map<'maven', Promise<MavenRepository>>;
  /** Why a route to a Java runtime failed in this run, by `major route`. */
  readonly javaFailures: Map<string, string>;
}

/**
 * Opens the cache and makes the context of a run.
 * @throws StepError blocked where the cache folder cannot be written
 */
export async function createReleasesContext(options: CacheOptions): Promise<ReleasesContext> {
  return { ...options, cache: await openCache(options), known: nothingKnown() };
}

function nothingKnown(): Known {
  return {
    releases: new Map(),
    artefacts: new Map(),
    kits: new Map(),
    runtimes: new Map(),
    repositories: new Map(),
    javaFailures: new Map(),
  };
}

/** The value of `key`, made at most once at a time; a failure is forgotten, so that a later cell tries again. */
export function once<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const running = known.get(key);
  if (running) return running;
  const making = make();
  known.set(key, making);
  making.catch(() => known.delete(key));
  return making;
}
