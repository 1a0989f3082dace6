import type { Cell } from '../../domain/cell.ts';
import { blocked } from '../../domain/step-error.ts';
import { asking, clusterError, FIRST_CONTACT_MS, unlessAbsent } from '../../providers/kubernetes/api-error.ts';
import { clusterAddressOf } from '../../providers/kubernetes/cluster-address.ts';
import { applyAll, clusterAt, type Cluster } from '../../providers/kubernetes/cluster.ts';
import { watchPods } from '../../providers/kubernetes/pod-watch.ts';
import type { ByHandConfig } from './compose.ts';
import { makeConfig, type ByHandHost, type ConfigOrder } from './make-config.ts';
import { untilUp } from './until-up.ts';

/** Told once something is in the cluster, so that nobody is left to wonder after an error. */
export interface UpHost extends ByHandHost {
  readonly applied: (config: ByHandConfig) => void;
}

/**
 * Writes a cell's configuration, applies it, and waits until its nodes are up (or not, where none is wanted yet).
 * @throws StepError; what was applied by then stays
 */
export async function bringUpByHand(order: ConfigOrder, host: UpHost): Promise<ByHandConfig> {
  const { signal, progress } = host;
  const { cell, namespace, replicas } = order;
  const cluster = await clusterAt(clusterAddressOf({ ...host.env }));
  // Before anything is built for it.
  await refuseTaken(cluster, namespace);
  const config = await makeConfig(order, host);
  await refuseTaken(cluster, namespace);
  host.applied(config);
  const say = (text: string) => progress.say(text, cell.name);
  say(`applying ${config.folders.flatMap(({ objects }) => objects).length} objects in namespace ${namespace}`);
  await apply(cluster, config, signal);
  if (replicas > 0) await waitForIt({ cell, cluster, config, signal, say });
  return config;
}

/** The namespace before what is in it, its limits before Pods, files before who reads them. */
async function apply(cluster: Cluster, { folders }: ByHandConfig, signal: AbortSignal): Promise<void> {
  const [ofNamespace, ...others] = folders.map(({ objects }) => objects);
  const isLast = ({ kind = '' }) => kind === 'StatefulSet' || kind === 'Deployment';
  const rest = others.flat();
  const [first, ...limits] = ofNamespace ?? [];
  const waves = [first ? [first] : [], limits, rest.filter((each) => !isLast(each)), rest.filter(isLast)];
  for (const wave of waves) await applyAll(cluster, wave, signal);
}

async function waitForIt(input: {
  readonly cell: Cell;
  readonly cluster: Cluster;
  readonly config: ByHandConfig;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}): Promise<void> {
  const { namespace, attach: document } = input.config;
  const watch = await watchPods(input.cluster, { namespace, space: namespace });
  try {
    await untilUp({ ...input, namespace, document, watch });
  } finally {
    await watch.stop();
  }
}

/** Keys and passwords of a second configuration would not fit what the first has left. */
async function refuseTaken({ core, config }: Cluster, name: string): Promise<void> {
  const read = () => unlessAbsent(asking(() => core.readNamespace({ name }), undefined, FIRST_CONTACT_MS));
  const found = await read().catch((error: unknown) => {
    throw clusterError(`whether there is a namespace ${name} could not be seen`, error);
  });
  if (!found) return;
  throw blocked(
    'space',
    `there is a namespace ${name} already in the cluster of context ${config.getCurrentContext()}: name another one, or remove it ` +
      `if it is of a former network: npx corda-compat down -n ${name}`,
  );
}
