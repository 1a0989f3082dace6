import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Ledger } from '../../cleanup/ledger.ts';
import { StepError } from '../../support/step-error.ts';
import { type Labels, namespaceName } from './manifests/names.ts';
import { spaceLabels, type SpaceFacts, type SpaceNeeds } from './manifests/namespace.ts';
import type { ProcessSpec } from './manifests/pod.ts';
import type { ConsoleLog } from '../../support/console-log.ts';
import { makePrivateFolder } from '../../support/files.ts';
import { placesInside } from '../containers.ts';
import type { SpaceRequest } from '../provider.ts';
import { attemptEach, endSpace, freeName, makeStagingFolders, removeSpaceFolder, ownerNow } from '../space.ts';
import type { OpenSpaceBase } from '../space.ts';
import { clusterError, type Cluster } from './cluster.ts';
import { keepAlive, keptUntil } from './lifeline.ts';
import type { Forwarder } from './forwarder.ts';
import { watchPods, type PodWatch } from './pod-start.ts';
import { spaceSize, preparedProcess, type PreparedProcess, type ProcessRun } from './workload.ts';
import type { Way } from './rights.ts';
import type { KubernetesSettings } from './kubernetes-provider.ts';
import { giveBack } from './space-entry.ts';
import { openPortsFor } from './ways.ts';
import type { SpaceRoot } from './manifests/lifeline.ts';
import { takeNamespace, makeNamespace } from './namespace.ts';
import type { SpaceRef } from './labelled.ts';

/** A node or service as this process knows it. */
export interface OpenProcess extends PreparedProcess {
  /** By the port inside. */
  readonly forwarders: Map<number, Promise<Forwarder>>;
  /** Name of its StatefulSet or Deployment, once it has one. */
  workload?: string;
  /** The one that was started last; it may have ended. */
  run?: ProcessRun;
  /** Its Pods are on their way out since it ended by itself. */
  resting?: Promise<void>;
  /** The input of that Pod. */
  spec?: ProcessSpec;
  log?: ConsoleLog;
}

/** As this process knows it; `busy` also holds what goes on beside the starts. */
export interface OpenSpace extends OpenSpaceBase {
  readonly cluster: Cluster;
  readonly way: Way;
  readonly settings: KubernetesSettings;
  readonly home: SpaceHome;
  readonly facts: SpaceFacts;
  readonly labels: Labels;
  /** The folder's entry in the ledger. */
  readonly entry: string;
  readonly processes: Map<string, OpenProcess>;
  readonly watch: PodWatch;
  /** Ends whatever waits for the cluster. */
  readonly stop: AbortController;
  /** The run's own signal and `stop`. */
  readonly signal: AbortSignal;
  /** No more is said that the space is wanted. */
  readonly endKeeping: () => void;
  /** Set once the space is told to delete itself in the end. */
  lifeline?: Promise<void>;
}

export interface SpaceHost {
  readonly root: string;
  readonly cluster: Cluster;
  readonly way: Way;
  readonly settings: KubernetesSettings;
  readonly folders: Set<string>;
  readonly say: (text: string) => void;
}

/** Makes the folder and finds a home in the cluster; on any error all of it is undone. */
export async function openSpace(request: SpaceRequest, host: SpaceHost): Promise<OpenSpace> {
  const { runId, cell, nodes, services, ledger, signal } = request;
  const { root, cluster, way, settings, folders } = host;
  signal.throwIfAborted();
  const own = await freeName(join(root, runId), cell, folders);
  const folder = join(root, runId, own);
  let entry: string | undefined;
  let home: SpaceHome | undefined;
  let watch: PodWatch | undefined;
  try {
    await makePrivateFolder(root);
    // Undone in reverse: what is in the cluster goes before the folder.
    entry = await ledger.record({ kind: 'folder', path: folder });
    const processes = [...nodes, ...services];
    const stagingFolders = await makeStagingFolders(folder, processes);
    signal.throwIfAborted();
    const facts = await plannedFacts(request, { settings, own });
    const needs = { size: spaceSize(processes), openPorts: openPortsFor(way) };
    home = await findHome({ ...host, facts, needs, ledger, signal });
    watch = await watchPods(cluster, home.ref);
    signal.throwIfAborted();
    const all = processes.map((spaceProcess, at): OpenProcess => {
      return { ...preparedProcess(spaceProcess, stagingFolders[at] ?? '', at < nodes.length), forwarders: new Map() };
    });
    const stop = new AbortController();
    return {
      space: { id: `${runId}/${own}`, ...placesInside(all.slice(0, nodes.length), all.slice(nodes.length)) },
      cluster,
      way,
      settings,
      home,
      facts: home.facts,
      labels: spaceLabels(home.facts),
      folder,
      ledger,
      entry,
      processes: new Map(all.map((spaceProcess) => [spaceProcess.id, spaceProcess])),
      watch,
      stop,
      signal: AbortSignal.any([signal, stop.signal]),
      busy: new Set(),
      endKeeping: keepAlive(cluster, home, settings.lifelineMs),
    };
  } catch (error) {
    await attemptEach([
      async () => await watch?.stop(),
      async () => home && (await giveBack(home, { cluster, ledger })),
      () => removeSpaceFolder(folder, ledger, entry),
    ]);
    if (signal.aborted) signal.throwIfAborted();
    throw error instanceof StepError ? error : clusterError(`the space of ${cell} could not be made`, error);
  }
}

/** @param host.own its name among the run's: with a number where there are several of its cell */
async function plannedFacts(
  { runId, cell }: SpaceRequest,
  { settings, own }: { readonly settings: KubernetesSettings; readonly own: string },
): Promise<HomeOrder['facts']> {
  const number = Number(/-(\d+)$/.exec(own.slice(cell.length))?.[1] ?? 1);
  const owner = await ownerNow(runId);
  return {
    space: namespaceName({ prefix: settings.prefix, runId, cell, number }),
    runId,
    cell,
    created: owner.at,
    owner: JSON.stringify(owner),
    keptUntil: keptUntil(settings.lifelineMs),
  };
}

/** Ends and removes all of a space; attempts everything. @throws AggregateError with every failure */
export async function closeSpace(open: OpenSpace): Promise<void> {
  const { space, cluster, home, folder, ledger, entry, busy, processes, watch, stop } = open;
  stop.abort(new Error(`space ${space.id} is being destroyed`));
  await Promise.allSettled(busy);
  open.endKeeping();
  await endSpace(space, [
    async () => {
      const forwarders = [...processes.values()].flatMap((spaceProcess) => [...spaceProcess.forwarders.values()]);
      await Promise.allSettled(forwarders.map(async (forwarder) => await (await forwarder).close()));
    },
    () => giveBack(home, { cluster, ledger }),
    // Their last words are on the way into files that are about to go.
    () => Promise.all([...processes.values()].flatMap(({ run }) => (run ? [run.close()] : []))),
    () => watch.stop(),
    () => removeSpaceFolder(folder, ledger, entry),
  ]);
}

/** Where a space lives: in a namespace that was made for it, or in one that was given and that it holds for a while. */
export interface SpaceHome {
  readonly facts: SpaceFacts;
  /** Finds the space again. */
  readonly ref: SpaceRef;
  /** All of the space goes with it. */
  readonly root: SpaceRoot;
  /** Its entry in the ledger; see `giveBack`. */
  readonly entry: string;
  /** Makes objects of the space, or changes them. @throws StepError blocked */
  apply(manifests: readonly KubernetesObject[], signal?: AbortSignal): Promise<void>;
}

export interface HomeOrder {
  readonly cluster: Cluster;
  readonly settings: KubernetesSettings;
  /** But for the namespace, which is not known yet. */
  readonly facts: Omit<SpaceFacts, 'namespace'> & { readonly space: string };
  readonly needs: Required<Pick<SpaceNeeds, 'size' | 'openPorts'>>;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** Tells of steps that take longer than a moment. */
  readonly say: (text: string) => void;
}

/** Finds a home, with all in it that a space needs before anything runs. @throws StepError blocked, with nothing left behind */
export async function findHome(order: HomeOrder): Promise<SpaceHome> {
  const { given } = order.settings;
  return given ? await takeNamespace(order, given) : await makeNamespace(order);
}
