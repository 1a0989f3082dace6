import type { CoreV1Event, V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import type { Ledger } from '../../../harness/domain/ledger.ts';
import { K8S_LABEL } from '../../../harness/manifests/labels.ts';
import { namespaceName } from '../../../harness/manifests/names.ts';
import { spaceLabels, type SpaceFacts } from '../../../harness/manifests/namespace.ts';
import { podLabels, readerPodSpec } from '../../../harness/manifests/pod.ts';
import { claimManifest } from '../../../harness/manifests/workload.ts';
import { asking } from '../../../harness/providers/kubernetes/api-error.ts';
import type { Cluster } from '../../../harness/providers/kubernetes/cluster.ts';
import type { SpaceRef } from '../../../harness/providers/kubernetes/labelled.ts';
import { keptUntil } from '../../../harness/providers/kubernetes/lifeline.ts';
import type { KubernetesSettings } from '../../../harness/providers/kubernetes/settings.ts';
import { giveBack } from '../../../harness/providers/kubernetes/space-entry.ts';
import { findHome, type HomeOrder } from '../../../harness/providers/kubernetes/space-home.ts';
import { ownerNow } from '../../../harness/providers/space-owner.ts';
import { newRunId } from '../../../harness/run/run-folder.ts';
import { waitUntil, WaitTimeout } from '../../../harness/support/wait-until.ts';
import { isDecided } from './trial-outcome.ts';

const ID = 'doctor';
const TRIAL_LIMIT_MS = 25_000;
const REMOVAL_LIMIT_MS = 20_000;
/** A cell may just be leaving; a run that is at work is not waited for. */
const FREE_LIMIT_MS = 5_000;
const EVERY_MS = 300;
const NEEDS = { size: { residents: 1, memoryMb: 256 }, openPorts: [] };

/** The doctor is no run: what it leaves where it is killed is found by its labels. */
const NO_LEDGER: Ledger = {
  record: () => Promise.resolve(''),
  addProcess: () => Promise.resolve(),
  undone: () => Promise.resolve(),
};

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

/** What would be made; nothing is made yet. */
export async function planTrial(prefix: string): Promise<HomeOrder['facts']> {
  const runId = newRunId(new Date());
  const owner = await ownerNow(runId);
  return {
    space: namespaceName({ prefix, runId, cell: ID }),
    runId,
    cell: ID,
    created: owner.at,
    owner: JSON.stringify(owner),
    keptUntil: keptUntil(REMOVAL_LIMIT_MS),
  };
}

/** Where it would be tried, for people. */
export function trialPlace({ space }: HomeOrder['facts'], { given }: KubernetesSettings): string {
  if (!given) return `the namespace ${space}, which is removed again`;
  return `one of the namespaces ${given.names.join(', ')}; both are removed again`;
}

/**
 * Finds a home for a claim and a Pod that mounts it, looks what becomes of them, and removes it all, whatever happens.
 * @throws StepError blocked where the cluster refuses; Error where it does not go
 */
export async function runTrial(cluster: Cluster, facts: HomeOrder['facts'], order: TrialOrder): Promise<TrialSight> {
  const { signal, say } = order;
  const given = order.settings.given && { ...order.settings.given, waitMs: FREE_LIMIT_MS };
  const settings = { ...order.settings, ...(given ? { given } : {}) };
  signal.throwIfAborted();
  const home = await findHome({ cluster, settings, facts, needs: NEEDS, ledger: NO_LEDGER, signal, say });
  try {
    await home.apply(claimOf(home.facts, order), signal);
    // After its claim: a scheduler that does not see that one comes back later.
    await home.apply([trialPod(home.facts, order)], signal);
    return await watchTrial(cluster, home.ref, order);
  } finally {
    say(`removing what was tried from the namespace ${home.ref.namespace}`);
    const looks = signal.aborted ? 2 : 1;
    await giveBack(home, { cluster, ledger: NO_LEDGER, limit: REMOVAL_LIMIT_MS, looks });
  }
}

function claimOf(facts: SpaceFacts, { settings, withClaim }: TrialOrder): readonly V1PersistentVolumeClaim[] {
  if (!withClaim) return [];
  const { storageClass } = settings;
  const claim = { id: ID, size: '1Mi', ...(storageClass === undefined ? {} : { storageClass }) };
  return [claimManifest(claim, { namespace: facts.namespace, labels: spaceLabels(facts) })];
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

async function watchTrial(cluster: Cluster, ref: SpaceRef, order: TrialOrder): Promise<TrialSight> {
  let sight: TrialSight = { events: [] };
  const since = performance.now();
  const probe = async () => {
    sight = await lookAt(cluster, ref);
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

async function lookAt({ core }: Cluster, { namespace, space }: SpaceRef): Promise<TrialSight> {
  const ours = { namespace, labelSelector: `${K8S_LABEL.space}=${space}` };
  const [pods, claims, events] = await Promise.all([
    asking(() => core.listNamespacedPod(ours)),
    asking(() => core.listNamespacedPersistentVolumeClaim(ours)),
    asking(() => core.listNamespacedEvent({ namespace })),
  ]);
  const uids = [...pods.items, ...claims.items].map(({ metadata }) => metadata?.uid);
  const [pod] = pods.items;
  const [claim] = claims.items;
  return {
    ...(pod ? { pod } : {}),
    ...(claim ? { claim } : {}),
    events: events.items.filter(({ involvedObject: { uid } }) => uids.includes(uid)),
  };
}

function lastWords({ pod, claim, events }: TrialSight): string {
  const last = events.map(({ reason, message }) => `${reason}: ${message}`).at(-1);
  const phases = [`Pod ${pod?.status?.phase ?? 'not there'}`, ...(claim ? [`claim ${claim.status?.phase}`] : [])];
  return [...phases, ...(last === undefined ? [] : [last])].join(', ');
}
