import type { V1Namespace, KubernetesObject, V1ConfigMap, V1OwnerReference } from '@kubernetes/client-node';
import { blocked, StepError } from '../../support/step-error.ts';
import { FIELD_MANAGER, K8S_LABEL } from './manifests/names.ts';
import {
  namespaceManifest,
  spaceLabels,
  spaceManifests,
  HOLD,
  holdManifest,
  PULL_SECRET,
} from './manifests/namespace.ts';
import { asking, clusterError, codeOf, applyAll, type Cluster } from './cluster.ts';
import { recorded } from './space-entry.ts';
import type { HomeOrder, SpaceHome } from './kubernetes-space.ts';
import { waitUntil, WaitTimeout } from '../../support/wait.ts';
import { createHold, holderWords, readHold } from './hold.ts';
import { lookUpNamespace, type SpaceRef } from './labelled.ts';
import type { GivenNamespaces } from './kubernetes-provider.ts';

/** Makes a namespace for a space. @throws StepError blocked where there is one of that name; nothing is left behind */
export async function makeNamespace(order: HomeOrder): Promise<SpaceHome> {
  const { cluster, settings, needs, signal } = order;
  const namespace = order.facts.space;
  const facts = { ...order.facts, namespace };
  const ref = { namespace, space: spaceLabels(facts)[K8S_LABEL.space] ?? '' };
  // Before the ledger entry: the objects of other owners must not be undone either.
  const found = await lookUpNamespace(cluster, namespace);
  if (found) throw foreign(namespace, found);
  return await recorded(order, ref, async (entry) => {
    signal.throwIfAborted();
    await createNamespace(cluster, namespaceManifest(facts), signal);
    const { login } = settings;
    await applyAll(cluster, spaceManifests(facts, { ...needs, ...(login ? { login } : {}) }), signal);
    const root = { kind: 'Namespace', name: namespace } as const;
    return { facts, ref, root, entry, apply: (manifests, until) => applyAll(cluster, manifests, until) };
  });
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
    `the cluster already has a namespace ${name}, with the labels ${labels.join(', ') || '(none)'}. The run does not touch it. Set COMPAT_NAMESPACE ` +
      'to another prefix, or run npx corda-compat sweep if it is left from a run',
  );
}

const EVERY_MS = 1_000;

/** All that are given are held by others. */
export class NoneFree extends StepError {
  constructor(cause: WaitTimeout) {
    const message = `${cause.message}. Name more of them, or run fewer cells at once (COMPAT_PARALLEL)`;
    super({ outcome: 'blocked', step: 'space', message }, { cause });
    this.name = 'NoneFree';
  }
}

/** Holds one of the given namespaces, as soon as one is free. @throws StepError blocked, with nothing left behind */
export async function takeNamespace(order: HomeOrder, { names, waitMs }: GivenNamespaces): Promise<SpaceHome> {
  const { signal, say, facts } = order;
  let said = '';
  const probe = async () => {
    const holders: string[] = [];
    for (const namespace of names) {
      const home = await takeOne(order, namespace, holders);
      if (home) return { done: true, value: home } as const;
    }
    const last = holders.join('; ');
    if (last !== said) say(`waits for a free namespace: ${last}`);
    said = last;
    return { done: false, last } as const;
  };
  const name = `a free namespace for ${facts.cell} among those of COMPAT_NAMESPACES`;
  try {
    return await waitUntil(probe, { name, limit: waitMs, every: EVERY_MS, signal });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    throw new NoneFree(error);
  }
}

/** @param holders gets the words about its holder, if that is another run */
async function takeOne(order: HomeOrder, namespace: string, holders: string[]): Promise<SpaceHome | undefined> {
  const { cluster, settings, needs, ledger, signal } = order;
  const facts = { ...order.facts, namespace };
  const ref: SpaceRef = { namespace, space: spaceLabels(facts)[K8S_LABEL.space] ?? '', given: true };
  // Only asked: nothing has to be written down for one that is not free.
  const holder = await readHold(cluster, namespace);
  if (holder) {
    holders.push(holderWords(holder));
    return undefined;
  }
  return await recorded(order, ref, async (entry) => {
    signal.throwIfAborted();
    const hold = await createHold(cluster, holdManifest(facts), signal);
    if (!hold) {
      holders.push(`${namespace} was taken by another run just now`);
      await ledger.undone(entry);
      return undefined;
    }
    const apply: SpaceHome['apply'] = (manifests, until) =>
      applyHeld(cluster, { ref, hold }, { manifests, signal: until });
    const { login } = settings;
    const { openPorts } = needs;
    const manifests = spaceManifests(facts, { openPorts, ...(login ? { login } : {}) });
    await apply(await withoutPullSecret(cluster, ref, manifests), signal);
    return { facts, ref, root: { kind: 'ConfigMap', name: HOLD }, entry, apply };
  });
}

/** There may be one for all who use the namespace: it is used as it is. */
async function withoutPullSecret(cluster: Cluster, ref: SpaceRef, manifests: readonly KubernetesObject[]) {
  const own = manifests.find(({ kind, metadata }) => kind === 'Secret' && metadata?.name === PULL_SECRET);
  const isTheirs = own && (await stateOf(cluster, ref, own)) === 'theirs';
  return manifests.filter((each) => !isTheirs || each !== own);
}

interface Held {
  readonly ref: SpaceRef;
  readonly hold: V1ConfigMap;
}

/** As `applyAll`; the hold owns all of it, and objects of other owners stay as they are. */
async function applyHeld(
  cluster: Cluster,
  { ref, hold }: Held,
  { manifests, signal }: { readonly manifests: readonly KubernetesObject[]; readonly signal: AbortSignal | undefined },
): Promise<void> {
  await Promise.all(
    manifests.map(async (manifest) => {
      const state = await stateOf(cluster, ref, manifest);
      if (state === 'theirs') throw theirs(manifest, ref);
      const owned = { ...manifest, metadata: { ...manifest.metadata, ownerReferences: [referenceTo(hold)] } };
      // Without force for new objects: another client may have made them first.
      await applyAll(cluster, [owned], signal, state === 'ours');
    }),
  );
}

/** The cluster removes what a hold owns, and the hold after it. */
function referenceTo({ metadata }: V1ConfigMap): V1OwnerReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', name: HOLD, uid: metadata?.uid ?? '', blockOwnerDeletion: true };
}

async function stateOf(
  { objects }: Cluster,
  { namespace, space }: SpaceRef,
  { apiVersion = '', kind = '', metadata }: KubernetesObject,
): Promise<'absent' | 'ours' | 'theirs'> {
  const field = `metadata.name=${metadata?.name}`;
  const list = () => objects.list(apiVersion, kind, namespace, undefined, undefined, undefined, field);
  const { items } = await asking(list).catch((error: unknown) => {
    throw clusterError(`the lookup of ${kind} ${metadata?.name} in ${namespace} failed`, error);
  });
  const [found] = items;
  if (!found) return 'absent';
  return found.metadata?.labels?.[K8S_LABEL.space] === space ? 'ours' : 'theirs';
}

function theirs({ kind, metadata }: KubernetesObject, { namespace }: SpaceRef) {
  return blocked(
    'space',
    `the namespace ${namespace} already has a ${kind} ${metadata?.name} of another owner. The run does not touch it. ` +
      'Name a namespace with COMPAT_NAMESPACES that has none, or remove it if it is not needed',
  );
}
