import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Ledger } from '../../domain/ledger.ts';
import { attachManifest } from '../../manifests/attach.ts';
import { BY_HAND } from '../../manifests/labels.ts';
import { namespaceManifest, spaceLabels, spaceManifests, type SpaceFacts } from '../../manifests/namespace.ts';
import { workloadManifest } from '../../manifests/workload.ts';
import { SERVICE_PORT_INSIDE, placesInside } from '../../providers/image-places.ts';
import { podOfNode, podOfService, type PodLaunch } from '../../providers/kubernetes/pod-launch.ts';
import {
  residentManifests,
  residentName,
  residentSpec,
  spaceSize,
  stagedResident,
  type ManifestPlace,
  type StagedResident,
} from '../../providers/kubernetes/resident-manifests.ts';
import type { KubernetesSettings } from '../../providers/kubernetes/settings.ts';
import type { Space } from '../../providers/provider.ts';
import { makeStages } from '../../providers/space-folder.ts';
import type { ReleaseReport } from '../../report/run-report.ts';
import { driverPlans, nodeToConnect, type DriverPlan } from '../../provision/drivers.ts';
import { cellResidents, newRpcUser, stageNodes, tradingLaunch, type CellMakeup } from '../../provision/nodes.ts';
import { seenNode } from '../../provision/nodes.ts';
import { mintZone } from '../../provision/zone.ts';
import { makeZoneByHand } from './doorman-by-hand.ts';
import { h2Databases } from '../../provision/databases.ts';
import type { RunResources } from '../run-resources.ts';
import { writeAttachDocument, type AttachDocument } from './attach-document.ts';
import type { Environment } from '../../domain/environment.ts';

/** All objects of a cell's namespace, in folders that can be applied one by one: the namespace itself first. */
export interface ByHandConfig {
  readonly cell: string;
  readonly namespace: string;
  /** Of the cell, as labels have it. */
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

export interface Composition extends CellMakeup {
  readonly namespace: string;
  readonly replicas: 0 | 1;
  readonly settings: KubernetesSettings;
  /** What the releases are made of. */
  readonly reports: readonly ReleaseReport[];
  readonly resources: RunResources;
  readonly runId: string;
  readonly ledger: Ledger;
  /** Where this user's runs keep their state. */
  readonly root: string;
  readonly env: Environment;
  /** Unique; marks the processes that make zone and tables. */
  readonly marker: string;
  /** A private folder to stage nodes in. */
  readonly folder: string;
  /** Gets the logs of what makes zone and tables. */
  readonly evidence: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Stages a cell's nodes and services on this machine and puts them into manifests. @throws StepError */
export async function composeConfig(input: Composition): Promise<ByHandConfig> {
  const { cell, namespace, settings } = input;
  const facts: SpaceFacts = { namespace, cell: cell.name, created: new Date().toISOString(), owner: BY_HAND };
  const place: ManifestPlace = { namespace, labels: spaceLabels(facts), settings };
  const staged = await stageAll(input);
  const workloads = await workloadFolders(input, staged, place);
  const attach = attachDocument(input, staged, workloads);
  const { login } = settings;
  const size = spaceSize(staged.residents.map(({ resident }) => resident));
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

interface Launched {
  readonly resident: StagedResident;
  readonly launch: PodLaunch;
}

interface Staged {
  readonly residents: readonly Launched[];
  readonly drivers: readonly DriverPlan[];
  readonly connections: ReadonlyMap<string, AttachDocument['drivers'][number]['nodes'][number]>;
}

async function stageAll(input: Composition): Promise<Staged> {
  const { cell, parts, folder, marker, resources, evidence, signal, say } = input;
  const { nodes, services } = cellResidents(input);
  const stages = await makeStages(join(folder, 'stages'), [...nodes, ...services]);
  const all = [...nodes, ...services].map((each, at) => stagedResident(each, stages[at] ?? '', at < nodes.length));
  const space: Space = { id: marker, ...placesInside(all.slice(0, nodes.length), all.slice(nodes.length)) };
  const zone = { cell, parts, space, resources, evidence, signal };
  const databases = h2Databases(zone);
  const rpcUser = newRpcUser();
  await stageNodes({ cell, parts, space, rpcUser, databases });
  const schemaArgs = await databases.lay();
  say(cell.topology.onboarding === 'minted' ? 'minting the network' : 'making the doorman’s keys');
  const isMinted = cell.topology.onboarding === 'minted';
  if (isMinted) await mintZone(zone);
  const doorman = isMinted ? undefined : await makeZoneByHand({ ...input, space });
  const drivers = driverPlans({ ...zone, databases });
  const launchOf = async (resident: StagedResident): Promise<PodLaunch> => {
    const node = cell.topology.nodes.find(({ id }) => id === resident.id);
    if (node) {
      const launch = await podOfNode(resident.stage, tradingLaunch(input, node, schemaArgs.get(node.id)));
      return doorman ? doorman.registering(node, launch) : launch;
    }
    if (doorman && resident.id === doorman.launch.service) return await podOfService(resident.stage, doorman.launch);
    const driver = drivers.find(({ launch }) => launch.service === resident.id);
    if (driver) return await podOfService(resident.stage, driver.launch);
    throw new Error(`This is a bug in the harness: nobody starts ${resident.id} of ${cell.name}.`);
  };
  const residents = await Promise.all(all.map(async (resident) => ({ resident, launch: await launchOf(resident) })));
  const connections = cell.topology.nodes.map((node) => nodeToConnect({ parts, space, databases }, node, rpcUser));
  return { residents, drivers, connections: new Map(connections.map((each) => [each.id, each])) };
}

interface WorkloadFolder extends ConfigFolder {
  readonly resident: string;
}

async function workloadFolders(
  { settings, replicas }: Composition,
  { residents }: Staged,
  place: ManifestPlace,
): Promise<readonly WorkloadFolder[]> {
  const taken = new Set<string>([NAMESPACE_FOLDER]);
  const named = residents.map(({ resident, launch }) => {
    const name = residentName(resident, launch, taken);
    taken.add(name);
    return { resident, launch, name };
  });
  return await Promise.all(
    named.map(async ({ resident, launch, name }) => {
      const spec = await residentSpec(resident, launch, place);
      const workload = workloadManifest(spec, { name, kind: settings.workload, replicas }, place);
      return { name, resident: resident.id, objects: [...residentManifests(spec, launch, place), workload] };
    }),
  );
}

function attachDocument(
  input: Composition,
  { drivers, connections }: Staged,
  workloads: readonly WorkloadFolder[],
): AttachDocument {
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
    workloads: workloads.map(({ resident, name }) => ({ resident, name, kind: settings.workload })),
    releases: reports.map(copied),
  };
}

function copied({ cordapps, ...release }: ReleaseReport): AttachDocument['releases'][number] {
  return { ...release, cordapps: cordapps.map((each) => ({ ...each })) };
}
