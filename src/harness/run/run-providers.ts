import type { Cell, ProviderName } from '../domain/cell.ts';
import type { ClusterChoice } from './cluster-provider.ts';
import { createLocalProvider } from '../providers/local/local-provider.ts';
import { tellSwept, type RunProvider, type RunProvidersOptions } from './run-provider.ts';

type Wanted = Pick<Cell, 'provider' | 'cluster' | 'workloadKind'>;

/** The providers of a run, each made when a cell first asks for it. */
export function runProviders(options: RunProvidersOptions): (cell: Wanted) => Promise<RunProvider> {
  const { run, root } = options;
  const local: RunProvider = { provider: createLocalProvider({ root, env: run.env }) };
  const made = new Map<ProviderName, Promise<RunProvider>>();
  const makers = {
    local: () => Promise.resolve(local),
    docker: () => dockerProvider(options),
    kubernetes: (choice: ClusterChoice) => kubernetesProvider(options, choice),
  };
  // All cells of a run have the same cluster, and are kept there by the same kind of workload.
  return async ({ provider: name, ...choice }) => {
    const making = made.get(name) ?? makers[name]({ cluster: 'kubeconfig', ...choice });
    made.set(name, making);
    // After a failure it is tried again: an engine may be started while we run.
    making.catch(() => made.delete(name));
    return await making;
  };
}

/** Loaded here: what speaks to engines takes longer to load than a local run takes to begin. @throws StepError blocked */
async function dockerProvider({ run, root, releases }: RunProvidersOptions): Promise<RunProvider> {
  const [{ createDockerProvider }, { engineOnce }, { engineImages }, { sweepEngine }] = await Promise.all([
    import('../providers/docker/docker-provider.ts'),
    import('../providers/docker/engine.ts'),
    import('./engine-images.ts'),
    import('./sweep-engine.ts'),
  ]);
  const engine = engineOnce(run.env);
  const { client } = await engine();
  tellSwept(run, await sweepEngine(client, { dryRun: false }));
  const ensureImages = await engineImages(client, { run, releases });
  return {
    provider: createDockerProvider({ root, engine }),
    images: { ensureImages, withCordapps: false },
  };
}

/** Loaded here, as Docker's. @throws StepError blocked */
async function kubernetesProvider(options: RunProvidersOptions, choice: ClusterChoice): Promise<RunProvider> {
  const { clusterProvider } = await import('./cluster-provider.ts');
  return await clusterProvider(options, choice);
}
