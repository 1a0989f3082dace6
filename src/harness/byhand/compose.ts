import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Ledger } from '../cleanup/ledger.ts';
import { attachManifest, workloadManifest } from '../providers/kubernetes/manifests/workload.ts';
import { BY_HAND } from '../providers/kubernetes/manifests/names.ts';
import { namespaceManifest, spaceLabels, spaceManifests } from '../providers/kubernetes/manifests/namespace.ts';
import type { SpaceFacts } from '../providers/kubernetes/manifests/namespace.ts';
import { SERVICE_PORT_INSIDE, placesInside } from '../providers/containers.ts';
import { podOfNode, podOfService, type PodLaunch } from '../providers/kubernetes/pod-start.ts';
import {
  processManifests,
  processName,
  processSpec,
  spaceSize,
  preparedProcess,
  type ManifestPlace,
  type PreparedProcess,
} from '../providers/kubernetes/workload.ts';
import type { KubernetesSettings } from '../providers/kubernetes/kubernetes-provider.ts';
import type { Space, ServiceLaunch, SpaceProcess } from '../providers/provider.ts';
import { makeStagingFolders } from '../providers/space.ts';
import type { ReleaseReport } from '../releases/artefacts.ts';
import { driverPlans, nodeToConnect, type DriverPlan } from '../provision/drivers.ts';
import { cellProcesses, newRpcUser, writeAllNodeFiles, tradingLaunch, seenNode } from '../provision/nodes.ts';
import type { CellMakeup } from '../provision/nodes.ts';
import {
  doormanLaunch,
  doormanProcesses,
  openDoorman,
  minimumPlatformVersion,
  mintZone,
  tellWhomToTrust,
  zoneUrl,
} from '../provision/zone.ts';
import { h2Databases } from '../provision/databases.ts';
import type { RunResources } from '../provision/run-resources.ts';
import { writeAttachDocument, type AttachDocument } from './attached.ts';
import type { Environment } from '../config/variables.ts';
import type { NodeRole } from '../corda/topology.ts';
import { DOORMAN_TOKEN } from '../releases/jvm-tools.ts';
import { bug } from '../support/step-error.ts';
import { createLocalProvider } from '../providers/local/local-provider.ts';
import { DOORMAN, DOORMAN_STORAGE, DOORMAN_TRUST_STORE } from '../zone/doorman.ts';

/** All objects of a cell's namespace, in folders that can be applied one by one: the namespace itself first. */
export interface ByHandConfig {
  readonly cell: string;
  readonly namespace: string;
  /** Value of the space label. */
  readonly space: string;
  readonly folders: readonly ConfigFolder[];
  readonly attach: AttachDocument;
}

export interface ConfigFolder {
  /** `namespace`, or the name of a workload. */
  readonly name: string;
  /** In the order in which they are applied. */
  readonly objects: readonly KubernetesObject[];
}

export const NAMESPACE_FOLDER = 'namespace';

/** Input of a zone whose doorman runs here for a moment. */
export interface DoormanByHand extends CellMakeup {
  readonly runId: string;
  readonly ledger: Ledger;
  /** Where this user's runs keep their state, and the doorman's own space is for the moment. */
  readonly root: string;
  readonly env: Environment;
  /** Gets the logs of what makes zone and tables. */
  readonly evidence: string;
  readonly signal: AbortSignal;
}

export interface Composition extends DoormanByHand {
  readonly namespace: string;
  readonly replicas: 0 | 1;
  readonly settings: KubernetesSettings;
  /** Reports of the releases. */
  readonly reports: readonly ReleaseReport[];
  readonly resources: RunResources;
  /** Unique; marks the processes that make zone and tables. */
  readonly marker: string;
  /** A private folder for the staging folders. */
  readonly folder: string;
  readonly say: (text: string) => void;
}

/** Writes the files of a cell’s nodes and services on this machine and puts them into manifests. @throws StepError */
export async function composeConfig(input: Composition): Promise<ByHandConfig> {
  const { cell, namespace, settings } = input;
  const facts: SpaceFacts = { namespace, cell: cell.name, created: new Date().toISOString(), owner: BY_HAND };
  const place: ManifestPlace = { namespace, labels: spaceLabels(facts), settings };
  const prepared = await prepareAll(input);
  const workloads = await workloadFolders(input, prepared, place);
  const attach = attachDocument(input, prepared, workloads);
  const { login } = settings;
  const size = spaceSize(prepared.processes.map(({ spaceProcess }) => spaceProcess));
  const ofNamespace = [
    namespaceManifest(facts),
    ...spaceManifests(facts, { size, ...(login ? { login } : {}) }).filter((each) => !isOfTheCluster(each)),
    attachManifest(writeAttachDocument(attach), place),
  ];
  const folders = [{ name: NAMESPACE_FOLDER, objects: ofNamespace }, ...workloads];
  return { cell: cell.name, namespace, space: namespace, folders, attach };
}

/** A person's tools complain of what they have not made; Pods refuse the account's token themselves. */
function isOfTheCluster({ kind }: KubernetesObject): boolean {
  return kind === 'ServiceAccount';
}

interface Prepared {
  readonly processes: readonly { readonly spaceProcess: PreparedProcess; readonly launch: PodLaunch }[];
  readonly drivers: readonly DriverPlan[];
  readonly connections: ReadonlyMap<string, AttachDocument['drivers'][number]['nodes'][number]>;
}

async function prepareAll(input: Composition): Promise<Prepared> {
  const { cell, parts, folder, marker, resources, evidence, signal, say } = input;
  const { nodes, services } = cellProcesses(input);
  const stagingFolders = await makeStagingFolders(join(folder, 'staging'), [...nodes, ...services]);
  const prepare = (each: SpaceProcess, at: number) =>
    preparedProcess(each, stagingFolders[at] ?? '', at < nodes.length);
  const all = [...nodes, ...services].map(prepare);
  const space: Space = { id: marker, ...placesInside(all.slice(0, nodes.length), all.slice(nodes.length)) };
  const zone = { cell, parts, space, resources, evidence, signal };
  const databases = h2Databases(zone);
  const rpcUser = newRpcUser();
  await writeAllNodeFiles({ cell, parts, space, rpcUser, databases });
  const schemaArgs = await databases.lay();
  say(cell.topology.onboarding === 'minted' ? 'minting the network' : 'making the doorman’s keys');
  const isMinted = cell.topology.onboarding === 'minted';
  if (isMinted) await mintZone(zone);
  const doorman = isMinted ? undefined : await makeZoneByHand(input, space);
  const drivers = driverPlans({ ...zone, databases });
  const launchOf = async (spaceProcess: PreparedProcess): Promise<PodLaunch> => {
    const node = cell.topology.nodes.find(({ id }) => id === spaceProcess.id);
    if (node) {
      const launch = await podOfNode(spaceProcess.stagingFolder, tradingLaunch(input, node, schemaArgs.get(node.id)));
      return doorman ? doorman.registering(node, launch) : launch;
    }
    if (doorman && spaceProcess.id === doorman.launch.service)
      return await podOfService(spaceProcess.stagingFolder, doorman.launch);
    const driver = drivers.find(({ launch }) => launch.service === spaceProcess.id);
    if (driver) return await podOfService(spaceProcess.stagingFolder, driver.launch);
    return bug(`no launch starts ${spaceProcess.id} of ${cell.name}`);
  };
  const processes = await Promise.all(
    all.map(async (spaceProcess) => ({ spaceProcess, launch: await launchOf(spaceProcess) })),
  );
  const connections = cell.topology.nodes.map((node) => nodeToConnect({ parts, space, databases }, node, rpcUser));
  return { processes, drivers, connections: new Map(connections.map((each) => [each.id, each])) };
}

interface WorkloadFolder extends ConfigFolder {
  readonly id: string;
}

async function workloadFolders({ settings, replicas }: Composition, { processes }: Prepared, place: ManifestPlace) {
  const taken = new Set<string>([NAMESPACE_FOLDER]);
  const named = processes.map(({ spaceProcess, launch }) => {
    const name = processName(spaceProcess, launch, taken);
    taken.add(name);
    return { spaceProcess, launch, name };
  });
  return await Promise.all(
    named.map(async ({ spaceProcess, launch, name }) => {
      const spec = await processSpec(spaceProcess, launch, place);
      const workload = workloadManifest(spec, { name, kind: settings.workload, replicas }, place);
      return { name, id: spaceProcess.id, objects: [...processManifests(spec, launch, place), workload] };
    }),
  );
}

function attachDocument(input: Composition, { drivers, connections }: Prepared, workloads: readonly WorkloadFolder[]) {
  const { cell, settings, reports } = input;
  return {
    cell: cell.name,
    nodes: cell.topology.nodes.map((node) => seenNode(input, node)),
    drivers: drivers.map(({ launch, token, nodes }) => ({
      id: launch.service,
      port: SERVICE_PORT_INSIDE,
      token,
      nodes: nodes.flatMap(({ id }) => connections.get(id) ?? []),
    })),
    workloads: workloads.map(({ id, name }) => ({ resident: id, name, kind: settings.workload })),
    releases: reports.map(copied),
  };
}

function copied({ cordapps, ...release }: ReleaseReport): AttachDocument['releases'][number] {
  return { ...release, cordapps: cordapps.map((each) => ({ ...each })) };
}

const GRACE_MS = 5_000;

/** How a zone's doorman is started in the cluster, and what lets nodes register with it by themselves. */
export interface ZoneByHand {
  readonly launch: ServiceLaunch;
  registering(node: NodeRole, launch: PodLaunch): PodLaunch;
}

/**
 * Makes the zone's keys where nodes can be told of them before the doorman is in the cluster: it runs here for a moment, and its
 * storage goes along.
 * @param space where nodes are prepared; the doorman as well
 */
async function makeZoneByHand(input: DoormanByHand, space: Space): Promise<ZoneByHand> {
  const { cell, parts } = input;
  const stagingFolder = space.services.get(DOORMAN)?.stagingFolder ?? '';
  await runHere(input, join(stagingFolder, DOORMAN_STORAGE));
  await tellWhomToTrust({ cell, space }, await readFile(join(stagingFolder, DOORMAN_TRUST_STORE)));
  const token = randomBytes(24).toString('hex');
  const notaryEnv = (validating: boolean) => ({
    [DOORMAN_TOKEN]: token,
    COMPAT_DOORMAN: zoneUrl(space) ?? '',
    COMPAT_MINIMUM_PLATFORM_VERSION: String(minimumPlatformVersion(cell, parts)),
    COMPAT_NOTARY_VALIDATING: String(validating),
  });
  return {
    launch: doormanLaunch({ parts, space }, token),
    registering: ({ notary }, launch) => {
      return { ...launch, registers: true, env: notary ? notaryEnv(notary.validating) : {} };
    },
  };
}

async function runHere(input: DoormanByHand, storage: string): Promise<void> {
  const { cell, ledger, runId, root, env, signal } = input;
  const provider = createLocalProvider({ root, env: { ...env } });
  const services = doormanProcesses(cell);
  await provider.prepare({ nodes: [], services, signal });
  const space = await provider.createSpace({ runId, cell: DOORMAN, nodes: [], services, ledger, signal });
  try {
    await openDoorman({ ...input, provider, space });
    await provider.stopNode(space, DOORMAN, GRACE_MS);
    await cp(join(space.services.get(DOORMAN)?.stagingFolder ?? '', DOORMAN_STORAGE), storage, { recursive: true });
  } finally {
    await provider.destroySpace(space);
  }
}
