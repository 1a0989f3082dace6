import type { V1Namespace } from '@kubernetes/client-node';
import { blocked, type StepError } from '../../domain/step-error.ts';
import { FIELD_MANAGER, K8S_LABEL } from '../../manifests/labels.ts';
import { namespaceManifest, spaceLabels, spaceManifests } from '../../manifests/namespace.ts';
import { asking, clusterError, codeOf } from './api-error.ts';
import { applyAll, type Cluster } from './cluster.ts';
import { recorded } from './space-entry.ts';
import type { HomeOrder, SpaceHome } from './space-home.ts';

/** Makes a namespace for a space. @throws StepError blocked where there is one of that name; nothing is left behind */
export async function makeNamespace(order: HomeOrder): Promise<SpaceHome> {
  const { cluster, settings, needs, signal } = order;
  const namespace = order.facts.space;
  const facts = { ...order.facts, namespace };
  const ref = { namespace, space: spaceLabels(facts)[K8S_LABEL.space] ?? '' };
  await refuseForeign(cluster, namespace);
  return await recorded(order, ref, async (entry) => {
    signal.throwIfAborted();
    await createNamespace(cluster, namespaceManifest(facts), signal);
    const { login } = settings;
    await applyAll(cluster, spaceManifests(facts, { ...needs, ...(login ? { login } : {}) }), signal);
    const root = { kind: 'Namespace', name: namespace } as const;
    return { facts, ref, root, entry, apply: (manifests, until) => applyAll(cluster, manifests, until) };
  });
}

/** Before anything of it stands in the ledger: what is somebody else's must not be undone either. */
async function refuseForeign({ core }: Cluster, name: string): Promise<void> {
  const found = await asking(() => core.readNamespace({ name })).catch((error: unknown) => {
    if (codeOf(error) === 404) return undefined;
    throw clusterError(`whether there is a namespace ${name} could not be seen`, error);
  });
  if (found) throw foreign(name, found);
}

async function createNamespace({ core }: Cluster, body: V1Namespace, signal: AbortSignal): Promise<void> {
  const name = body.metadata?.name ?? '';
  try {
    await asking(() => core.createNamespace({ body, fieldManager: FIELD_MANAGER }), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) !== 409) throw clusterError(`the namespace ${name} could not be made`, error);
    // Asked twice since the first answer was lost: then it is our own.
    const found = await asking(() => core.readNamespace({ name }), signal);
    const label = K8S_LABEL.space;
    if (found.metadata?.labels?.[label] !== body.metadata?.labels?.[label]) throw foreign(name, found);
  }
}

function foreign(name: string, { metadata }: V1Namespace): StepError {
  const labels = Object.entries(metadata?.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return blocked(
    'space',
    `there is a namespace ${name} already, with the labels ${labels.join(', ') || '(none)'}: it is not touched. Set COMPAT_NAMESPACE ` +
      'to another prefix, or run npx corda-compat sweep if it is left from a run',
  );
}
