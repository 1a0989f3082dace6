import pLimit, { type LimitFunction } from 'p-limit';
import type { JavaRuntime, NodeKit, ResolvedRelease, Artefact } from './artefacts.ts';
import type { Ledger } from '../cleanup/ledger.ts';
import type { Progress } from '../support/progress.ts';
import { openCache, type Cache, type CacheOptions } from './cache.ts';
import type { Listing } from './git/refs.ts';
import type { MavenRepository } from './maven-repository.ts';
import type { Environment } from '../config/variables.ts';

/** The context of everything in this folder; one per run. */
export interface ReleasesContext {
  readonly cache: Cache;
  readonly env: Environment;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** The run of this context. Outside a run, only the next run cleans up after a killed process. */
  readonly run?: RunHold;
  /** Results that this run has already. */
  readonly known: Known;
}

/** Parts of a run for code that starts processes and makes folders. */
export interface RunHold {
  readonly id: string;
  /** Resolves when the reaper watches the run: no process of a build may start before. */
  ledger(): Promise<Ledger>;
}

/** Results of this run by request, so that several cells at once ask once. */
export interface Known {
  readonly releases: Map<string, Promise<ResolvedRelease>>;
  readonly artefacts: Map<string, Promise<Artefact>>;
  /** File names of CorDapps, with the SHA-256 of the jar that has it. */
  readonly cordappNames: Map<string, string>;
  readonly kits: Map<string, Promise<NodeKit>>;
  readonly runtimes: Map<string, Promise<JavaRuntime>>;
  readonly repositories: Map<'maven', Promise<MavenRepository>>;
  /** Why a route to a Java runtime failed in this run, by `major route`. */
  readonly javaFailures: Map<string, string>;
  /** The refs of git repositories, by URL or path. */
  readonly listings: Map<string, Promise<Listing>>;
  /** Builds of revisions at a time: each may take gigabytes. */
  readonly building: LimitFunction;
}

const BUILDS_AT_ONCE = 2;

/**
 * Opens the cache and makes the context of a run.
 * @throws StepError blocked where the cache folder cannot be written
 */
export async function createReleasesContext(
  options: CacheOptions & { readonly run?: RunHold },
): Promise<ReleasesContext> {
  return { ...options, cache: await openCache(options), known: nothingKnown() };
}

function nothingKnown(): Known {
  return {
    releases: new Map(),
    artefacts: new Map(),
    cordappNames: new Map(),
    kits: new Map(),
    runtimes: new Map(),
    repositories: new Map(),
    javaFailures: new Map(),
    listings: new Map(),
    building: pLimit(BUILDS_AT_ONCE),
  };
}
