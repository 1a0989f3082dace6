import type { ContentCache } from '../domain/content-cache.ts';
import type { JvmTools } from '../domain/jvm-tools.ts';
import type { JavaRuntime, NodeKit } from '../domain/release.ts';
import type { Progress } from '../support/progress.ts';

export interface BuildToolsOptions {
  /** The release to compile against. 3.x: driver and healthcheck only. */
  readonly kit: NodeKit;
  /** Must have a `javac`. */
  readonly jdk: JavaRuntime;
  readonly cache: ContentCache;
  readonly progress: Progress;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * Compiles `src/jvm` against a release's own jars, once for the same sources, jars and compiler.
 * @throws StepError not-built (build) with javac's own words
 */
export function buildTools(options: BuildToolsOptions): Promise<JvmTools> {
  return Promise.reject(new Error(`not yet: ${options.limit}`));
}
