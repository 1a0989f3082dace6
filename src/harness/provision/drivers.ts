import { randomBytes } from 'node:crypto';
import type { Cell } from '../config/cell.ts';
import { DRIVER_MAIN, DRIVER_TOKEN, toolJvmArgs } from '../releases/jvm-tools.ts';
import type { ConnectRequest } from '../lease/driver-api.ts';
import type { DriverAddress } from '../lease/lease.ts';
import { blocked, bug, StepError } from '../support/step-error.ts';
import { DriverCallError, DriverClient } from '../lease/driver-client.ts';
import { DRIVER_MEMORY_MB } from '../plan/memory.ts';
import { DRIVER_HEAP_MB, jolokiaUrl } from './jvm-options.ts';
import { hostPort, type RpcUser } from '../corda/node-conf.ts';
import type { SpaceProcess, ServiceLaunch, Space } from '../providers/provider.ts';
import type { CellDatabases } from './databases.ts';
import { cordappsOf, partsOf, type CellParts, type ToolParts } from './parts.ts';
import { serviceListens, startService, type ServiceHost } from './services.ts';
import { placeOf, servicePlaceOf } from './zone.ts';
import type { NodeRole } from '../corda/topology.ts';

/** The drivers of a cell: one for the nodes of each RPC wire format. They end with the space. */
export interface CellDrivers {
  /** The driver that speaks a node's RPC. */
  of(node: NodeRole): DriverAddress;
  /** All of them, by their names in the space. */
  readonly byName: ReadonlyMap<string, DriverAddress>;
  /** Connects a node that is up. @throws StepError blocked (driver) */
  connect(node: NodeRole, rpcUser: RpcUser): Promise<void>;
  /** Parties in the network map of a node that is connected. @throws StepError blocked (driver) */
  seenBy(node: NodeRole): Promise<readonly string[]>;
}

/** Input of a driver's launch. */
export interface DriverLaunches {
  readonly cell: Cell;
  readonly parts: CellParts;
  readonly space: Space;
  readonly databases: CellDatabases;
}

export interface StartDrivers extends DriverLaunches, ServiceHost {
  readonly signal: AbortSignal;
}

/** Services of a space by the wire format of the nodes that they drive. */
const SERVICES = { amqp: 'driver', kryo: 'driver-3x' } as const;
type Wire = keyof typeof SERVICES;

/** The drivers that a space needs room for. */
export function driverProcesses(parts: CellParts, cell: Cell): readonly SpaceProcess[] {
  return wiresOf(cell, parts).map((wire) => ({ id: SERVICES[wire], memoryMb: DRIVER_MEMORY_MB }));
}

/** Starts the drivers a cell needs; no node has to exist yet. */
export async function startDrivers(input: StartDrivers): Promise<CellDrivers> {
  const { cell, parts } = input;
  const started = await Promise.all(
    wiresOf(cell, parts).map(async (wire): Promise<[Wire, DriverAddress]> => [wire, await startDriver(input, wire)]),
  );
  const addresses = new Map(started);
  const addressOf = (node: NodeRole): DriverAddress =>
    addresses.get(wireOf(node, parts)) ?? bug(`no driver for ${node.id}`);
  return {
    of: addressOf,
    byName: new Map(started.map(([wire, address]) => [SERVICES[wire], address])),
    connect: (node, rpcUser) => connect(input, { node, rpcUser, address: addressOf(node) }),
    seenBy: (node) => seenBy(input, { node, address: addressOf(node) }),
  };
}

async function startDriver(input: StartDrivers, wire: Wire): Promise<DriverAddress> {
  const { cell, provider, space, signal } = input;
  const { token, launch } = driverPlan(input, wire);
  const { service } = launch;
  const running = await startService(launch, input);
  const version = launch.tools.compiledAgainst;
  await serviceListens({ word: 'driver', step: 'driver', version, ...running, limit: cell.limits.prepare, signal });
  const { host, port } = await provider.reachService(space, service);
  return { url: `http://${host}:${port}`, token, outageMs: cell.limits.outage };
}

/** A driver that is yet to be started. */
export interface DriverPlan {
  readonly token: string;
  readonly launch: ServiceLaunch;
  /** The nodes whose RPC it speaks. */
  readonly nodes: readonly NodeRole[];
}

/** The drivers that a cell needs. */
export function driverPlans(input: DriverLaunches): readonly DriverPlan[] {
  const { cell, parts } = input;
  return wiresOf(cell, parts).map((wire) => driverPlan(input, wire));
}

/** The driver's connection to a node. The driver is inside the space, so it uses the addresses of nodes there. */
export function nodeToConnect(
  { parts, space, databases }: Pick<DriverLaunches, 'parts' | 'space' | 'databases'>,
  node: NodeRole,
  rpcUser: RpcUser,
): ConnectRequest['nodes'][number] {
  const place = placeOf(space, node);
  const { id, party } = node;
  const jvm = partsOf(parts, node).kit.jolokia === undefined ? {} : { jolokia: jolokiaUrl(place) };
  return { id, party, rpc: hostPort(place.addresses.rpc), ...rpcUser, database: databases.access(node), ...jvm };
}

function driverPlan({ cell, parts, space, databases }: DriverLaunches, wire: Wire): DriverPlan {
  const { images } = parts;
  const service = SERVICES[wire];
  const tools = toolsFor(wire, parts);
  const token = randomBytes(24).toString('hex');
  const place = servicePlaceOf(space, service);
  const own = tools.kit.release.release.id;
  // Its own release's CorDapps come first on its class path: what newer ones were compiled against it may not have.
  const driven = cell.topology.nodes
    .filter((node) => wireOf(node, parts) === wire)
    .sort((a, b) => Number(b.release === own) - Number(a.release === own));
  const cordapps = new Map(driven.flatMap((node) => cordappsOf(parts, node)).map((cordapp) => [cordapp.name, cordapp]));
  const launch: ServiceLaunch = {
    service,
    step: 'driver',
    ...tools,
    cordapps: [...cordapps.values(), ...databases.drivers],
    jvmArgs: toolJvmArgs(tools.runtime.major, DRIVER_HEAP_MB),
    mainClass: DRIVER_MAIN,
    args: [place.listenOn, String(place.address.port)],
    env: { [DRIVER_TOKEN]: token },
    ...(images ? { image: images.ofService('driver', tools), cordappImages: images.ofCordapps(driven) } : {}),
  };
  return { token, launch, nodes: driven };
}

function wiresOf({ topology }: Cell, parts: CellParts): readonly Wire[] {
  return [...new Set(topology.nodes.map((node) => wireOf(node, parts)))];
}

function wireOf(node: NodeRole, parts: CellParts): Wire {
  return partsOf(parts, node).resolved.facts.rpc;
}

function toolsFor(wire: Wire, { modern, kryo }: CellParts): ToolParts {
  return wire === 'amqp' ? modern : (kryo ?? bug('a 3.x node without a 3.x driver'));
}

async function connect(
  input: StartDrivers,
  { node, rpcUser, address }: { node: NodeRole; rpcUser: RpcUser; address: DriverAddress },
): Promise<void> {
  const { cell, signal } = input;
  const nodes = [nodeToConnect(input, node, rpcUser)];
  const work = new DriverClient(address, signal).connect({ nodes, limitMs: cell.limits.start });
  await asStep(work, `${cell.name}: the driver failed to reach ${node.id}`);
}

async function seenBy({ cell, signal }: StartDrivers, { node, address }: { node: NodeRole; address: DriverAddress }) {
  const map = new DriverClient(address, signal).networkMap(node.id);
  return (await asStep(map, `${cell.name}: the network map of ${node.id} could not be read`)).parties;
}

async function asStep<T>(call: Promise<T>, what: string): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof StepError || !(error instanceof DriverCallError)) throw error;
    const { chain: words, message } = error.error;
    throw blocked('driver', `${what}: ${message}`, { cause: error, words });
  }
}
