import type { Provider } from '../providers/provider.ts';
import type { ReleasesContext } from '../releases/context.ts';
import type { ImageMaker } from './cell-images.ts';
import type { RunContext } from './provisioner.ts';
import type { SweptItem } from '../cleanup/sweep.ts';

/** A provider of a run, and what makes the images that it wants. */
export interface RunProvider {
  readonly provider: Provider;
  readonly images?: ImageMaker;
}

export interface RunProvidersOptions {
  readonly run: RunContext;
  /** Where runs keep their state. */
  readonly root: string;
  readonly releases: ReleasesContext;
}

/** Tells what the sweep before this run removed. */
export function tellSwept({ progress }: Pick<RunContext, 'progress'>, items: readonly SweptItem[]): void {
  for (const { path, state, detail } of items) {
    if (state === 'removed' || state === 'failed') progress.say(`left by a dead run: ${path}: ${state}, ${detail}`);
  }
}
