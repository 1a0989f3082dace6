import type { Cell, ProviderName } from '../config/cell.ts';
import { createLocalProvider } from '../providers/local/local-provider.ts';
import { once } from '../support/once.ts';
import { tellSwept, type RunProvider, type RunProvidersOptions } from './run-provider.ts';

type Wanted = Pick<Cell, 'provider' | 'workloadKind'>;

/** The providers of a run, each made when a cell first asks for it. */
export function runProviders(options: RunProvidersOptions): (cell: Wanted) => Promise<RunProvider> {
  const { run, root } = options;
  const local: RunProvider = { provider: createLocalProvider({ root, env: run.env }) };
  const made = new Map<ProviderName, Promise<RunProvider>>();
  const makers = {
    local: () => Promise.resolve(local),
    docker: () => dockerProvider(options),
    kubernetes: (wanted: Wanted) => kubernetesProvider(options, wanted),
  };
  // The same kind of workload keeps all cells of a run. After a failure it is tried again: an engine may be started meanwhile.
  return (wanted) => once(made, wanted.provider, () => makers[wanted.provider](wanted));
}

/** Loaded here: what speaks to engines takes longer to load than a local run takes to begin. @throws StepError blocked */
async function dockerProvider({ run, root, releases }: RunProvidersOptions): Promise<RunProvider> {
  const [{ createDockerProvider }, { engineOnce }, { engineImages }, { sweepEngine }] = await Promise.all([
    import('../providers/docker/docker-provider.ts'),
    import('../docker/engine.ts'),
    import('./engine-images.ts'),
    import('../cleanup/sweep-containers.ts'),
  ]);
  const engine = engineOnce(run.env);
  const { client } = await engine();
  tellSwept(run, await sweepEngine(client, { dryRun: false }));
  const ensureImages = await engineImages(client, { run, releases });
  return { provider: createDockerProvider({ root, engine }), images: { ensureImages, withCordapps: false } };
}

/** Loaded here, as Docker's. @throws StepError blocked */
async function kubernetesProvider(options: RunProvidersOptions, wanted: Wanted): Promise<RunProvider> {
  const { clusterProvider } = await import('./cluster-provider.ts');
  return await clusterProvider(options, wanted);
}
