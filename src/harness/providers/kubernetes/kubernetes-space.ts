import { join } from 'node:path';
import type { V1Namespace } from '@kubernetes/client-node';
import type { Ledger } from '../../domain/ledger.ts';
import { blocked, StepError } from '../../domain/step-error.ts';
import { FIELD_MANAGER, K8S_LABEL, type Labels } from '../../manifests/labels.ts';
import { namespaceName } from '../../manifests/names.ts';
import { namespaceManifest, spaceLabels, spaceManifests, type SpaceFacts } from '../../manifests/namespace.ts';
import type { ResidentSpec } from '../../manifests/pod.ts';
import type { ConsoleLog } from '../../support/console-log.ts';
import { makePrivateFolder } from '../../support/files.ts';
import { placesInside } from '../image-places.ts';
import type { Space, SpaceRequest } from '../provider.ts';
import { attemptEach, freeName, makeStages, removeSpaceFolder } from '../space-folder.ts';
import { ownerNow } from '../space-owner.ts';
import { asking, clusterError, codeOf } from './api-error.ts';
import { applyAll, type Cluster } from './cluster.ts';
import { removeNamespace } from './labelled.ts';
import { keepAlive, keptUntil } from './lifeline.ts';
import type { Forwarder } from './forwarder.ts';
import { watchPods, type PodWatch } from './pod-watch.ts';
import { spaceSize, stagedResident, type StagedResident } from './resident-manifests.ts';
import type { ResidentRun } from './resident-run.ts';
import type { Way } from './rights.ts';
import type { KubernetesSettings } from './settings.ts';
import { openPortsFor } from './ways.ts';

const REMOVAL_LIMIT_MS = 90_000;

/** What this process knows of a node or service. */
export interface OpenResident extends StagedResident {
  /** By the port inside. */
  readonly forwarders: Map<number, Promise<Forwarder>>;
  /** Name of its StatefulSet or Deployment, once it has one. */
  workload?: string;
  /** The one that was started last; it may have ended. */
  run?: ResidentRun;
  /** Its Pods are on their way out since it ended by itself. */
  resting?: Promise<void>;
  /** What that one was made from. */
  spec?: ResidentSpec;
  log?: ConsoleLog;
}

/** What this process knows of a space that is not destroyed yet. */
export interface OpenSpace {
  readonly space: Space;
  readonly cluster: Cluster;
  readonly way: Way;
  readonly settings: KubernetesSettings;
  readonly facts: SpaceFacts;
  readonly labels: Labels;
  readonly folder: string;
  readonly ledger: Ledger;
  readonly entries: { readonly folder: string; readonly namespace: string };
  readonly residents: Map<string, OpenResident>;
  readonly watch: PodWatch;
  /** Ends whatever waits for the cluster. */
  readonly stop: AbortController;
  /** The run's own signal and `stop`. */
  readonly signal: AbortSignal;
  /** Starts under way, and what goes on beside them: destruction waits for all. */
  readonly busy: Set<Promise<unknown>>;
  /** No more is said that the namespace is wanted. */
  readonly endKeeping: () => void;
  /** Set once the namespace is told to delete itself in the end. */
  lifeline?: Promise<void>;
  /** Set once destruction has begun. */
  destroying?: Promise<void>;
}

export interface SpaceHost {
  readonly root: string;
  readonly cluster: Cluster;
  readonly way: Way;
  readonly settings: KubernetesSettings;
  readonly folders: Set<string>;
}

/** Makes the folder and the namespace; on any error all of it is undone. */
export async function openSpace(request: SpaceRequest, host: SpaceHost): Promise<OpenSpace> {
  const { runId, cell, nodes, services, ledger, signal } = request;
  const { root, cluster, way, settings, folders } = host;
  const { login } = settings;
  signal.throwIfAborted();
  const own = await freeName(join(root, runId), cell, folders);
  const number = Number(/-(\d+)$/.exec(own.slice(cell.length))?.[1] ?? 1);
  const namespace = namespaceName({ prefix: settings.prefix, runId, cell, number });
  const owner = await ownerNow(runId);
  const facts: SpaceFacts = {
    namespace,
    runId,
    cell,
    created: owner.at,
    owner: JSON.stringify(owner),
    keptUntil: keptUntil(settings.lifelineMs),
  };
  const labels = spaceLabels(facts);
  const folder = join(root, runId, own);
  const entries: { folder?: string; namespace?: string } = {};
  let watch: PodWatch | undefined;
  try {
    await makePrivateFolder(root);
    // Undone in reverse: the namespace goes before the folder.
    entries.folder = await ledger.record({ kind: 'folder', path: folder });
    const residents = [...nodes, ...services];
    const stages = await makeStages(folder, residents);
    signal.throwIfAborted();
    await refuseForeign(cluster, namespace);
    const entry = {
      kind: 'kubernetes',
      cluster: cluster.address,
      namespace,
      space: labels[K8S_LABEL.space] ?? '',
    } as const;
    entries.namespace = await ledger.record(entry);
    signal.throwIfAborted();
    await createNamespace(cluster, namespaceManifest(facts), signal);
    const needs = { size: spaceSize(residents), openPorts: openPortsFor(way), ...(login ? { login } : {}) };
    await applyAll(cluster, spaceManifests(facts, needs), signal);
    watch = await watchPods(cluster, { namespace, space: labels[K8S_LABEL.space] ?? '' });
    signal.throwIfAborted();
    const all = residents.map((resident, at): OpenResident => {
      return { ...stagedResident(resident, stages[at] ?? '', at < nodes.length), forwarders: new Map() };
    });
    const stop = new AbortController();
    return {
      space: { id: `${runId}/${own}`, ...placesInside(all.slice(0, nodes.length), all.slice(nodes.length)) },
      cluster,
      way,
      settings,
      facts,
      labels,
      folder,
      ledger,
      entries: { folder: entries.folder, namespace: entries.namespace },
      residents: new Map(all.map((resident) => [resident.id, resident])),
      watch,
      stop,
      signal: AbortSignal.any([signal, stop.signal]),
      busy: new Set(),
      endKeeping: keepAlive(cluster, namespace, settings.lifelineMs),
    };
  } catch (error) {
    await attemptEach([
      async () => await watch?.stop(),
      async () => {
        if (entries.namespace === undefined) return;
        await removeNamespace(cluster, refOf(facts), { limit: REMOVAL_LIMIT_MS, looks: 1 });
        await ledger.undone(entries.namespace);
      },
      async () => {
        if (entries.folder === undefined) return;
        await removeSpaceFolder(folder);
        await ledger.undone(entries.folder);
      },
    ]);
    if (signal.aborted) signal.throwIfAborted();
    throw error instanceof StepError ? error : clusterError(`the space of ${cell} could not be made`, error);
  }
}

/** Ends and removes all of a space; attempts everything. @throws AggregateError with every failure */
export async function closeSpace(open: OpenSpace): Promise<void> {
  const { space, cluster, facts, folder, ledger, entries, busy, residents, watch, stop } = open;
  stop.abort(new Error(`space ${space.id} is being destroyed`));
  await Promise.allSettled(busy);
  open.endKeeping();
  const failures = await attemptEach([
    async () => {
      const forwarders = [...residents.values()].flatMap((resident) => [...resident.forwarders.values()]);
      await Promise.allSettled(forwarders.map(async (forwarder) => await (await forwarder).close()));
    },
    async () => {
      await removeNamespace(cluster, refOf(facts), { limit: REMOVAL_LIMIT_MS, looks: 1 });
      await ledger.undone(entries.namespace);
    },
    // Their last words are on the way into files that are about to go.
    () => Promise.all([...residents.values()].flatMap(({ run }) => (run ? [run.close()] : []))),
    () => watch.stop(),
    async () => {
      await removeSpaceFolder(folder);
      await ledger.undone(entries.folder);
    },
  ]);
  if (failures.length > 0) {
    const words = failures.map((failure) => failure.message).join('; ');
    throw new AggregateError(failures, `space ${space.id} could not be destroyed completely: ${words}`);
  }
}

/** What the cluster is asked for when it is to say what is left of a space. */
export function refOf(facts: SpaceFacts): { readonly namespace: string; readonly space: string } {
  return { namespace: facts.namespace, space: spaceLabels(facts)[K8S_LABEL.space] ?? '' };
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
