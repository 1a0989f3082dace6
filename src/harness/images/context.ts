import type Dockerode from 'dockerode';
import type { ContentCache } from '../domain/content-cache.ts';
import type { Environment } from '../domain/environment.ts';
import type { Progress } from '../support/progress.ts';
import type { BaseImage } from './base.ts';
import type { Registry } from './registry.ts';

/** What everything in this folder works with; one per run. */
export interface ImagesContext {
  /** The engine that images are built in and containers are started from. */
  readonly engine: Dockerode;
  /** Where images are published; without one they are the engine's own. */
  readonly registry?: Registry;
  readonly env: Environment;
  readonly cache: ContentCache;
  /** Does `work` while no other run works under the same name. `what` completes "waiting for another run: …". */
  exclusively<T>(name: string, what: string, work: () => Promise<T>): Promise<T>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Goes into the labels of what this run builds. */
  readonly runId: string;
  /** Gets a line for each published image, once. */
  readonly builtFile?: string;
  /** What this run has found already. */
  readonly known: KnownImages;
}

interface KnownImages {
  readonly bases: Map<string, Promise<BaseImage>>;
  /** Bases that could not be had and were told. */
  readonly lacking: Set<string>;
  /** Builds on their way, by the names of their images. */
  readonly making: Map<string, Promise<void>>;
  /** Layers that this run has put into the engine, each with those below it, and the name of an image that holds them. */
  readonly loaded: Map<string, string>;
}

export function nothingKnown(): KnownImages {
  return { bases: new Map(), lacking: new Set(), making: new Map(), loaded: new Map() };
}
