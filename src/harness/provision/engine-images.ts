import { join } from 'node:path';
import type Dockerode from 'dockerode';
import type { ReleasesContext } from '../releases/context.ts';
import type { EnsureImages } from './cell-images.ts';
import type { RunContext } from './provisioner.ts';
import { variable } from '../config/variables.ts';

/** Makes images in an engine, and publishes them where COMPAT_REGISTRY names a registry. @throws StepError blocked */
export async function engineImages(
  engine: Dockerode,
  { run, releases }: { readonly run: RunContext; readonly releases: ReleasesContext },
): Promise<EnsureImages> {
  const { ensureImages, nothingKnown } = await import('../images/ensure-images.ts');
  const { parseRegistry } = await import('../images/registry.ts');
  const { env, progress, runId } = run;
  const { cache, signal } = releases;
  const address = variable(env, 'COMPAT_REGISTRY');
  const registry = address === undefined ? {} : { registry: parseRegistry(address) };
  const context = {
    ...{ engine, ...registry, env, cache, progress, signal, runId, known: nothingKnown() },
    exclusively: cache.exclusively.bind(cache),
    builtFile: join(run.root, 'built', 'node-images.txt'),
  };
  return (requests) => ensureImages(requests, context);
}
