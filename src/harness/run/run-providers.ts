import { join } from 'node:path';
import type { ProviderName } from '../domain/cell.ts';
import { createLocalProvider } from '../providers/local/local-provider.ts';
import type { Provider } from '../providers/provider.ts';
import type { ReleasesContext } from '../releases/context.ts';
import type { EnsureImages } from './cell-images.ts';
import type { RunContext } from './provisioner.ts';
import { sweepEngine } from './sweep-engine.ts';

/** A provider of a run, and what makes the images that it wants. */
export interface RunProvider {
  readonly provider: Provider;
  readonly ensureImages?: EnsureImages;
}

interface RunProvidersOptions {
  readonly run: RunContext;
  /** Where runs keep their state. */
  readonly root: string;
  readonly releases: ReleasesContext;
}

/** The providers of a run, each made when a cell first asks for it. */
export function runProviders(options: RunProvidersOptions): (name: ProviderName) => Promise<RunProvider> {
  const { run, root } = options;
  const local: RunProvider = { provider: createLocalProvider({ root, env: run.env }) };
  let docker: Promise<RunProvider> | undefined;
  return async (name) => {
    if (name === 'local') return local;
    docker ??= dockerProvider(options);
    docker.catch(() => (docker = undefined));
    return await docker;
  };
}

/** Loaded here: what speaks to engines takes longer to load than a local run takes to begin. @throws StepError blocked */
async function dockerProvider({ run, root, releases }: RunProvidersOptions): Promise<RunProvider> {
  const [{ createDockerProvider }, { engineOnce }, { ensureImages }, { nothingKnown }, { parseRegistry }] =
    await Promise.all([
      import('../providers/docker/docker-provider.ts'),
      import('../providers/docker/engine.ts'),
      import('../images/ensure-images.ts'),
      import('../images/context.ts'),
      import('../images/registry.ts'),
    ]);
  const { env, progress, runId } = run;
  const engine = engineOnce(env);
  const { client } = await engine();
  for (const { path, state, detail } of await sweepEngine(client, { dryRun: false })) {
    if (state === 'removed' || state === 'failed') progress.say(`left by a dead run: ${path}: ${state}, ${detail}`);
  }
  const { cache, signal } = releases;
  const registry = env['COMPAT_REGISTRY'] ? { registry: parseRegistry(env['COMPAT_REGISTRY']) } : {};
  const images = {
    engine: client,
    ...registry,
    env,
    cache,
    exclusively: cache.exclusively.bind(cache),
    progress,
    signal,
    runId,
    builtFile: join(run.root, 'built', 'node-images.txt'),
    known: nothingKnown(),
  };
  return {
    provider: createDockerProvider({ root, engine }),
    ensureImages: (requests) => ensureImages(requests, images),
  };
}
