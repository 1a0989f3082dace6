import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cell } from '../config/cell.ts';
import { DOORMAN_MAIN, DOORMAN_TOKEN, toolJvmArgs } from '../releases/jvm-tools.ts';
import { NETWORK_TRUST_STORE, registrationArgs } from '../corda/registration.ts';
import type { CordappArtefact } from '../releases/artefacts.ts';
import { blocked, bug } from '../support/step-error.ts';
import { DOORMAN_MEMORY_MB } from '../plan/memory.ts';
import { DOORMAN_HEAP_MB } from './jvm-options.ts';
import { hostPort } from '../corda/node-conf.ts';
import { startsAtOnce, describeExit, startNode, type NodeStartOptions, untilEnded } from './node-start.ts';
import type { NodeLaunch, SpaceProcess, ServiceLaunch, ServicePlace, Space } from '../providers/provider.ts';
import type { RunResources } from './run-resources.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { DOORMAN, doormanArgs, DOORMAN_TRUST_STORE, DoormanClient } from '../zone/doorman.ts';
import { type MintNode, mintOnce } from '../zone/mint.ts';
import { cordappsOf, partsOf, type CellParts } from './parts.ts';
import { serviceListens, startService, type ServiceHost } from './services.ts';
import { waitUntil, WaitTimeout } from '../support/wait.ts';
import { seconds } from '../support/words.ts';
import { peersOf, type NodeRole, type NodePlace } from '../corda/topology.ts';

export interface CellZone {
  readonly cell: Cell;
  readonly parts: CellParts;
  readonly space: Space;
  readonly resources: RunResources;
  /** Folder of the cell's evidence. */
  readonly evidence: string;
  readonly signal: AbortSignal;
}

/** Mints all identities, node infos and the network parameters into the nodes' base directories. */
export async function mintZone({ cell, parts, space, resources, evidence, signal }: CellZone): Promise<void> {
  const { nodes, minimumPlatformVersion } = cell.topology;
  const spec = {
    minimumPlatformVersion,
    nodes: nodes.map((node) => mintNode(node, placeOf(space, node), parts)),
    cordapps: eachOnce(nodes.flatMap((node) => cordappsOf(parts, node))),
  };
  const { cache } = resources.releases;
  const logFile = join(evidence, 'mint.log');
  await mintOnce(spec, { ...parts.modern, cache, marker: space.id, limit: cell.limits.prepare, signal, logFile });
}

export function placeOf(space: Space, node: NodeRole): NodePlace {
  return space.places.get(node.id) ?? bug(`the space ${space.id} has no place for ${node.id}`);
}

export function servicePlaceOf({ id, services }: Space, service: string): ServicePlace {
  return services.get(service) ?? bug(`the space ${id} has no place for ${service}`);
}

function mintNode(node: NodeRole, place: NodePlace, parts: CellParts): MintNode {
  return {
    baseDirectory: place.stagingFolder,
    party: node.party,
    platformVersion: partsOf(parts, node).resolved.facts.platformVersion,
    p2p: hostPort(place.addresses.p2p),
    ...(node.notary ? { notary: { validating: node.notary.validating } } : {}),
  };
}

function eachOnce(cordapps: readonly CordappArtefact[]): readonly CordappArtefact[] {
  return [...new Map(cordapps.map((cordapp) => [cordapp.sha256, cordapp])).values()];
}

/** A cell lives for a minute: its nodes look for each other every second. */
const POLL_SECONDS = 1;

export interface Onboarding extends CellZone, ServiceHost {
  /** The launch of a node with these arguments. */
  readonly launch: (node: NodeRole, nodeArgs: readonly string[]) => NodeLaunch;
  readonly say: (text: string) => void;
}

/** The space's processes besides nodes and drivers. */
export function doormanProcesses({ topology }: Cell): readonly SpaceProcess[] {
  return topology.onboarding === 'doorman' ? [{ id: DOORMAN, memoryMb: DOORMAN_MEMORY_MB }] : [];
}

/** Where the nodes of a space find their doorman and network map; `undefined` where the zone is minted. */
export function zoneUrl({ services }: Space): string | undefined {
  const place = services.get(DOORMAN);
  return place && `http://${hostPort(place.address)}`;
}

/**
 * Starts a doorman and lets every node register with it, as in a real zone: notaries first, since their identities belong into
 * the network's parameters. Node.conf and database are in their places before.
 * @throws StepError blocked or incompatible (zone)
 */
export async function onboard(input: Onboarding): Promise<void> {
  const { cell, parts, space, say } = input;
  const { nodes } = cell.topology;
  const doorman = await openDoorman(input);
  await layTrustStore(input);
  const notaries = nodes.filter(({ notary }) => notary);
  const infos = await registerAll(input, notaries);
  const { parameters } = await doorman.setParameters({
    minimumPlatformVersion: minimumPlatformVersion(cell, parts),
    notaries: notaries.map(({ notary }, index) => ({
      nodeInfo: infos[index]?.toString('base64') ?? '',
      validating: notary?.validating ?? false,
    })),
  });
  const named = notaries.length === 1 ? 'the notary' : `${notaries.length} notaries`;
  say(`network parameters ${parameters.slice(0, 8)}… of space ${space.id} name ${named}`);
  await registerAll(input, peersOf(cell.topology));
}

/** A few at a time; the first that fails ends the wait for all. */
async function registerAll(input: Onboarding, nodes: readonly NodeRole[]): Promise<readonly Buffer[]> {
  const { cell, parts, launch, signal } = input;
  return await sideBySide(nodes, { atOnce: startsAtOnce(cell), signal }, async (node, either) => {
    const args = [...registrationArgs(partsOf(parts, node).resolved.facts), '--log-to-console'];
    const registering = { ...launch(node, args), endsByItself: true };
    return await register({ ...input, launch: registering, signal: either });
  });
}

export type OpenDoorman = Pick<Onboarding, 'cell' | 'parts' | 'signal'> & ServiceHost;

/** Starts a doorman that lets the cell's nodes in and knows their CorDapps. @throws StepError blocked (zone) */
export async function openDoorman(input: OpenDoorman): Promise<DoormanClient> {
  const { cell, parts } = input;
  const { nodes } = cell.topology;
  const doorman = await startDoorman(input);
  await doorman.approve({ names: nodes.flatMap(({ party, notary }) => [party, ...(notary ? [notary.service] : [])]) });
  for (const { file } of eachOnce(nodes.flatMap((node) => cordappsOf(parts, node)))) {
    await doorman.addCordapp(await readFile(file));
  }
  return doorman;
}

async function startDoorman(input: OpenDoorman): Promise<DoormanClient> {
  const { cell, parts, provider, space, signal } = input;
  const { tools } = parts.modern;
  const token = randomBytes(24).toString('hex');
  const running = await startService(doormanLaunch(input, token), input);
  const waiting = { ...running, version: tools.compiledAgainst, limit: cell.limits.prepare, signal };
  await serviceListens({ word: 'doorman', step: 'zone', ...waiting });
  const { host, port } = await provider.reachService(space, DOORMAN);
  return new DoormanClient({ url: `http://${host}:${port}`, token }, signal);
}

/** @param token lets its bearer give orders to the doorman */
export function doormanLaunch({ parts, space }: Pick<Onboarding, 'parts' | 'space'>, token: string): ServiceLaunch {
  const { listenOn, address } = servicePlaceOf(space, DOORMAN);
  const { modern } = parts;
  return {
    service: DOORMAN,
    step: 'zone',
    ...modern,
    cordapps: [],
    jvmArgs: toolJvmArgs(modern.runtime.major, DOORMAN_HEAP_MB),
    mainClass: DOORMAN_MAIN,
    args: doormanArgs({ host: listenOn, port: address.port }, { approve: 'listed', pollSeconds: POLL_SECONDS }),
    env: { [DOORMAN_TOKEN]: token },
    // Its keys are the zone's: a restart must keep them.
    keepsFiles: true,
    ...(parts.images ? { image: parts.images.ofService('doorman', modern) } : {}),
  };
}

/** Operators of a zone hand out its trust store: a node has it before it asks for anything. */
async function layTrustStore({ cell, provider, space }: Onboarding): Promise<void> {
  const trust = await provider.readFile(space, DOORMAN, DOORMAN_TRUST_STORE);
  if (!trust) throw blocked('zone', `${cell.name}: the doorman of space ${space.id} has no ${DOORMAN_TRUST_STORE}`);
  await tellWhomToTrust({ cell, space }, trust);
}

/** @param trust the zone's trust store */
export async function tellWhomToTrust(
  { cell, space }: Pick<Onboarding, 'cell' | 'space'>,
  trust: Uint8Array,
): Promise<void> {
  await Promise.all(
    cell.topology.nodes.map(async (node) => {
      const file = join(placeOf(space, node).stagingFolder, NETWORK_TRUST_STORE.file);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, trust);
    }),
  );
}

export function minimumPlatformVersion({ topology }: Cell, parts: CellParts): number {
  if (topology.minimumPlatformVersion !== 'auto') return topology.minimumPlatformVersion;
  return Math.min(...topology.nodes.map((node) => partsOf(parts, node).resolved.facts.platformVersion));
}

export interface Registration extends NodeStartOptions {
  /** The node's program with the arguments of `registrationArgs`; it knows its trust store and the doorman's address. */
  readonly launch: NodeLaunch;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/**
 * Lets a node register with the doorman that its configuration names, until its program ends by itself.
 * @returns the signed node info that it has written
 * @throws StepError blocked or incompatible (zone), in the node's own words
 */
export async function register(input: Registration): Promise<Buffer> {
  const { cell, provider, space, launch, signal, say } = input;
  const limit = cell.limits.start;
  const start = await startNode(input, launch);
  const { subject, role } = start;
  const exit = await untilEnded(start, { what: 'registration', limit, signal });
  if (!exit) throw start.failed('zone', `had not registered within ${limit / 1000} s`);
  if (exit.code !== 0) throw start.failed('zone', `could not register with the doorman (${describeExit(exit)})`);
  const file = (await provider.listFiles(space, role.id, '.')).find((name) => name.startsWith('nodeInfo-'));
  const info = file === undefined ? undefined : await provider.readFile(space, role.id, file);
  if (!info) throw start.failed('zone', 'ended its registration well, but has written no node info');
  say(`${subject} is registered after ${seconds(start.tookMs(), 1)}`);
  return info;
}

/**
 * Waits until every node has found all others.
 * @param seenBy names of the parties in a node's own network map
 * @throws StepError blocked (zone) naming who does not see whom
 */
export async function allSeeAll(
  cell: Cell,
  seenBy: (node: NodeRole) => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<void> {
  const { nodes } = cell.topology;
  const limit = cell.limits.start;
  const name = `${cell.name}: all nodes in the network map of each`;
  const probe = async () => {
    const seen = await Promise.all(nodes.map(seenBy));
    const gaps = nodes.flatMap((node, index) => {
      const missing = nodes.filter(({ party }) => !seen[index]?.includes(party)).map(({ id }) => id);
      return missing.length === 0 ? [] : [`${node.id} does not see ${missing.join(', ')}`];
    });
    if (gaps.length === 0) return { done: true, value: undefined } as const;
    return { done: false, last: gaps.join('; ') } as const;
  };
  try {
    await waitUntil(probe, { name, limit, every: 200, signal });
  } catch (error) {
    if (error instanceof WaitTimeout) throw blocked('zone', error.message, { cause: error });
    throw error;
  }
}
