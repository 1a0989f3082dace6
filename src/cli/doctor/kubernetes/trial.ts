import type { CoreV1Event, V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import { K8S_LABEL } from '../../../harness/manifests/labels.ts';
import { namespaceName } from '../../../harness/manifests/names.ts';
import {
  namespaceManifest,
  spaceLabels,
  spaceManifests,
  type SpaceFacts,
} from '../../../harness/manifests/namespace.ts';
import { podLabels, readerPodSpec } from '../../../harness/manifests/pod.ts';
import { claimManifest } from '../../../harness/manifests/workload.ts';
import { asking } from '../../../harness/providers/kubernetes/api-error.ts';
import { applyAll, type Cluster } from '../../../harness/providers/kubernetes/cluster.ts';
import { removeNamespace } from '../../../harness/providers/kubernetes/labelled.ts';
import { keptUntil } from '../../../harness/providers/kubernetes/lifeline.ts';
import type { KubernetesSettings } from '../../../harness/providers/kubernetes/settings.ts';
import { ownerNow } from '../../../harness/providers/space-owner.ts';
import { newRunId } from '../../../harness/run/run-folder.ts';
import { waitUntil, WaitTimeout } from '../../../harness/support/wait-until.ts';
import { isDecided } from './trial-outcome.ts';

const ID = 'doctor';
const TRIAL_LIMIT_MS = 25_000;
const REMOVAL_LIMIT_MS = 20_000;
const EVERY_MS = 300;

export interface TrialOrder {
  readonly settings: KubernetesSettings;
  /** What the Pod is started from. */
  readonly image: string;
  /** Whether a volume is tried as well. */
  readonly withClaim: boolean;
  readonly signal: AbortSignal;
  /** Says what is about to be done. */
  readonly say: (text: string) => void;
}

/** What the cluster made of a claim and a Pod, as it was last. */
export interface TrialSight {
  readonly pod?: V1Pod;
  readonly claim?: V1PersistentVolumeClaim;
  readonly events: readonly CoreV1Event[];
  /** Set where the limit came before it was certain: the wait's own words. */
  readonly undecided?: string;
}

/** Name of the namespace, and what would be made in it; nothing is made yet. */
export async function planTrial(prefix: string): Promise<SpaceFacts> {
  const runId = newRunId(new Date());
  const owner = await ownerNow(runId);
  const namespace = namespaceName({ prefix, runId, cell: ID });
  return {
    namespace,
    runId,
    cell: ID,
    created: owner.at,
    owner: JSON.stringify(owner),
    keptUntil: keptUntil(REMOVAL_LIMIT_MS),
  };
}

/**
 * Makes a namespace with a claim and a Pod that mounts it, looks what becomes of them, and removes it all, whatever happens.
 * @throws StepError blocked where the cluster refuses; Error where the namespace does not go
 */
export async function runTrial(cluster: Cluster, facts: SpaceFacts, order: TrialOrder): Promise<TrialSight> {
  const { namespace } = facts;
  const space = spaceLabels(facts)[K8S_LABEL.space] ?? '';
  order.signal.throwIfAborted();
  try {
    await applyAll(cluster, [namespaceManifest(facts)], order.signal);
    await applyAll(cluster, objectsOf(facts, order), order.signal);
    // After its claim: a scheduler that does not see that one comes back later.
    await applyAll(cluster, [trialPod(facts, order)], order.signal);
    return await watchTrial(cluster, facts, order);
  } finally {
    order.say(`removing the namespace ${namespace}`);
    await removeNamespace(
      cluster,
      { namespace, space },
      { limit: REMOVAL_LIMIT_MS, looks: order.signal.aborted ? 2 : 1 },
    );
  }
}

function objectsOf(facts: SpaceFacts, { settings, withClaim }: TrialOrder) {
  const { login, storageClass } = settings;
  const labels = spaceLabels(facts);
  const placed = { namespace: facts.namespace, labels };
  const claim = { id: ID, size: '1Mi', ...(storageClass === undefined ? {} : { storageClass }) };
  return [
    ...spaceManifests(facts, { size: { residents: 1, memoryMb: 256 }, ...(login ? { login } : {}) }),
    ...(withClaim ? [claimManifest(claim, placed)] : []),
  ];
}

function trialPod(facts: SpaceFacts, { settings, image, withClaim }: TrialOrder): V1Pod {
  const pullSecret = settings.login !== undefined;
  const files = { objects: [], configMaps: [], secrets: [] };
  const spec = readerPodSpec({ image: { reference: image }, pullSecret, files, ...(withClaim ? { claim: ID } : {}) });
  // A node that has the image already would not ask the registry.
  const containers = spec.containers.map((container) => ({ ...container, imagePullPolicy: 'Always' }));
  const metadata = { name: ID, namespace: facts.namespace, labels: podLabels(spaceLabels(facts), ID) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...spec, containers } };
}

async function watchTrial(cluster: Cluster, { namespace }: SpaceFacts, order: TrialOrder): Promise<TrialSight> {
  let sight: TrialSight = { events: [] };
  const since = performance.now();
  const probe = async () => {
    sight = await lookAt(cluster, namespace);
    if (isDecided(sight, { withClaim: order.withClaim, sinceMs: performance.now() - since })) {
      return { done: true, value: sight } as const;
    }
    return { done: false, last: lastWords(sight) } as const;
  };
  const { signal } = order;
  try {
    return await waitUntil(probe, { name: 'the trial Pod', limit: TRIAL_LIMIT_MS, every: EVERY_MS, signal });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    return { ...sight, undecided: error.message };
  }
}

async function lookAt({ core }: Cluster, namespace: string): Promise<TrialSight> {
  const [pods, claims, events] = await Promise.all([
    asking(() => core.listNamespacedPod({ namespace })),
    asking(() => core.listNamespacedPersistentVolumeClaim({ namespace })),
    asking(() => core.listNamespacedEvent({ namespace })),
  ]);
  const [pod] = pods.items;
  const [claim] = claims.items;
  return { ...(pod ? { pod } : {}), ...(claim ? { claim } : {}), events: events.items };
}

function lastWords({ pod, claim, events }: TrialSight): string {
  const last = events.map(({ reason, message }) => `${reason}: ${message}`).at(-1);
  const phases = [`Pod ${pod?.status?.phase ?? 'not there'}`, ...(claim ? [`claim ${claim.status?.phase}`] : [])];
  return [...phases, ...(last === undefined ? [] : [last])].join(', ');
}
