import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoreV1Event, V1PersistentVolumeClaim, V1Pod, V1ContainerStatus } from '@kubernetes/client-node';
import type { Ledger } from '../../../harness/cleanup/ledger.ts';
import { K8S_LABEL, namespaceName } from '../../../harness/providers/kubernetes/manifests/names.ts';
import { spaceLabels, type SpaceFacts } from '../../../harness/providers/kubernetes/manifests/namespace.ts';
import { podLabels, readerPodSpec } from '../../../harness/providers/kubernetes/manifests/pod.ts';
import { claimManifest } from '../../../harness/providers/kubernetes/manifests/workload.ts';
import { asking, type Cluster } from '../../../harness/providers/kubernetes/cluster.ts';
import type { SpaceRef } from '../../../harness/providers/kubernetes/labelled.ts';
import { keptUntil } from '../../../harness/providers/kubernetes/lifeline.ts';
import type { KubernetesSettings } from '../../../harness/providers/kubernetes/kubernetes-provider.ts';
import { giveBack } from '../../../harness/providers/kubernetes/space-entry.ts';
import { findHome, type HomeOrder } from '../../../harness/providers/kubernetes/kubernetes-space.ts';
import { ownerNow } from '../../../harness/providers/space.ts';
import { newRunId } from '../../../harness/cleanup/run-folder.ts';
import { waitUntil, WaitTimeout } from '../../../harness/support/wait.ts';
import { hasImage } from '../../../harness/images/publish.ts';
import { parseRegistry } from '../../../harness/images/registry.ts';
import type { Engine } from '../../../harness/docker/engine.ts';
import { SILENT } from '../../../harness/support/progress.ts';
import type { TrialImage } from './place-checks.ts';
import { variable, type Environment } from '../../../harness/config/variables.ts';

const ID = 'doctor';
const TRIAL_LIMIT_MS = 25_000;
const REMOVAL_LIMIT_MS = 20_000;
/** A cell may be in teardown just now; the doctor does not wait for a run that is at work. */
const FREE_LIMIT_MS = 5_000;
const EVERY_MS = 300;
const NEEDS = { size: { processes: 1, memoryMb: 256 }, openPorts: [] };

/** The doctor is no run. If it is killed, a sweep finds its leftovers by their labels. */
const NO_LEDGER: Ledger = {
  record: () => Promise.resolve(''),
  addProcess: () => Promise.resolve(),
  undone: () => Promise.resolve(),
};

export interface TrialOrder {
  readonly settings: KubernetesSettings;
  /** The image of the Pod. */
  readonly image: string;
  /** Whether a volume is tried as well. */
  readonly withClaim: boolean;
  readonly signal: AbortSignal;
  /** Says what the trial does next. */
  readonly say: (text: string) => void;
}

/** The last sight of the claim and the Pod. */
interface TrialSight {
  readonly pod?: V1Pod;
  readonly claim?: V1PersistentVolumeClaim;
  readonly events: readonly CoreV1Event[];
  /** The wait's message, if the limit came before the result was certain. */
  readonly undecided?: string;
}

/** The facts of the trial's space. Makes nothing yet. */
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

/** The place of the trial, for people. */
export function trialPlace({ space }: HomeOrder['facts'], { given }: KubernetesSettings): string {
  if (!given) return `the namespace ${space}, which is removed again`;
  return `one of the namespaces ${given.names.join(', ')}; both are removed again`;
}

/**
 * Finds a home for a claim and a Pod that mounts it, watches both, and removes all of it in any case. @throws
 * StepError blocked if the cluster refuses; Error if the trial fails
 */
export async function runTrial(cluster: Cluster, facts: HomeOrder['facts'], order: TrialOrder): Promise<TrialSight> {
  const { signal, say } = order;
  const given = order.settings.given && { ...order.settings.given, waitMs: FREE_LIMIT_MS };
  const settings = { ...order.settings, ...(given ? { given } : {}) };
  signal.throwIfAborted();
  const home = await findHome({ cluster, settings, facts, needs: NEEDS, ledger: NO_LEDGER, signal, say });
  try {
    await home.apply(claimOf(home.facts, order), signal);
    // The Pod comes after its claim: a scheduler that misses the claim tries again only later.
    await home.apply([trialPod(home.facts, order)], signal);
    return await watchTrial(cluster, home.ref, order);
  } finally {
    say(`removing the trial objects from the namespace ${home.ref.namespace}`);
    const looks = signal.aborted ? 2 : 1;
    await giveBack(home, { cluster, ledger: NO_LEDGER, limit: REMOVAL_LIMIT_MS, looks });
  }
}

function claimOf(facts: SpaceFacts, { settings, withClaim }: TrialOrder): readonly V1PersistentVolumeClaim[] {
  if (!withClaim) return [];
  const claim = { id: ID, size: '1Mi', storageClass: settings.storageClass };
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

/** The result of a trial. */
export type Outcome =
  | { readonly kind: 'well' }
  | { readonly kind: 'failed'; readonly words: string }
  | { readonly kind: 'open'; readonly words: string };

/** Reasons of events with which a provisioner reports that it makes no volume. */
const STORAGE_REASONS = /^(ProvisioningFailed|FailedBinding|FailedMount|FailedAttachVolume|VolumeMismatch)$/;
/** A provisioner that failed may succeed the next time. After this time it does not while the doctor waits. */
const STORAGE_CERTAIN_MS = 8_000;
const PULL_REASONS = /^(ErrImagePull|ImagePullBackOff|RegistryUnavailable|InvalidImageName|ErrImageNeverPull)$/;

/** Whether the trial may stop waiting. */
function isDecided(
  sight: TrialSight,
  { withClaim, sinceMs }: { readonly withClaim: boolean; readonly sinceMs: number },
): boolean {
  const pull = pullOutcome(sight);
  const storage: Outcome = withClaim ? storageOutcome(sight) : { kind: 'well' };
  // Without a volume no node takes the Pod, and no image is pulled.
  if (storage.kind === 'failed') return sinceMs > STORAGE_CERTAIN_MS;
  return storage.kind === 'well' && pull.kind !== 'open';
}

export function storageOutcome({ claim, pod, events }: TrialSight): Outcome {
  if (claim?.status?.phase === 'Bound') return { kind: 'well' };
  const words = wordsOf(events, ({ reason = '' }) => STORAGE_REASONS.test(reason));
  if (words !== undefined) return { kind: 'failed', words };
  const isFalse = (type: string) =>
    pod?.status?.conditions?.find((each) => each.type === type && each.status === 'False');
  const unscheduled = isFalse('PodScheduled');
  const ofClaim = wordsOf(events, ({ reason }) => reason === 'ExternalProvisioning');
  const open = ofClaim ?? unscheduled?.message;
  return { kind: 'open', words: `the claim is ${claim?.status?.phase ?? 'not there'}${open ? `: ${open}` : ''}` };
}

export function pullOutcome({ pod, events }: TrialSight): Outcome {
  const status: V1ContainerStatus | undefined = pod?.status?.containerStatuses?.[0];
  const { running, terminated, waiting } = status?.state ?? {};
  // The image is there, whatever the result of its program.
  const isThere = running ?? terminated ?? status?.lastState?.terminated;
  if (isThere ?? events.find(({ reason }) => reason === 'Pulled')) return { kind: 'well' };
  const { reason = '', message = '' } = waiting ?? {};
  const phase = `its Pod is ${pod?.status?.phase ?? 'not there'}`;
  if (!PULL_REASONS.test(reason)) return { kind: 'open', words: reason || phase };
  // The first message is the registry's; later ones only report new tries.
  const told = wordsOf(events, (event) => event.reason === 'Failed' && /pull image/i.test(event.message ?? ''));
  return { kind: 'failed', words: told ?? `${reason}: ${message}` };
}

function wordsOf(events: readonly CoreV1Event[], matches: (event: CoreV1Event) => boolean): string | undefined {
  return events.find(matches)?.message?.trim();
}

/** Smallest first: these are pulled fastest if the base is there already. */
const ORDER = ['healthcheck', 'cordapps', 'driver', 'doorman', 'notary', 'node'];
const MOST = 8;

export interface ImageSearch {
  readonly cwd: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** Asks registries; without an engine, no image is known to exist. */
  readonly engine?: Pick<Engine, 'client'>;
}

/**
 * An image of this project that the registry has. If it has none, a name that no image has: the registry's answer
 * tells whether the cluster reaches it and may pull. Builds and pushes nothing.
 */
export async function trialImage({ cwd, env, signal, engine }: ImageSearch): Promise<TrialImage> {
  const { prefix } = parseRegistry(variable(env, 'COMPAT_REGISTRY') ?? '');
  const published = await publishedIn(cwd, prefix);
  if (engine) {
    for (const reference of published.slice(0, MOST)) {
      const ctx = { engine: engine.client, env, signal, progress: SILENT };
      if (await hasImage(reference, ctx)) return { reference, isThere: true };
    }
  }
  return { reference: `${prefix}/corda-compat-node:none`, isThere: false };
}

/** Reads `built/node-images.txt`: `registry/corda-compat-node:4.8-abc@sha256:…` a line, the newest last. */
async function publishedIn(cwd: string, prefix: string): Promise<readonly string[]> {
  const text = await readFile(join(cwd, 'built', 'node-images.txt'), 'utf8').catch(() => '');
  const rank = (line: string): number => ORDER.findIndex((component) => line.includes(`/corda-compat-${component}:`));
  const ours = text.split('\n').filter((line) => line.startsWith(`${prefix}/`) && rank(line) >= 0);
  return ours
    .reverse()
    .sort((a, b) => rank(a) - rank(b))
    .map((line) => line.replace(/:[^/:@]+@/, '@'));
}
