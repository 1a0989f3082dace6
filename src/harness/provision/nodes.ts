import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cell, Pair } from '../config/cell.ts';
import { AGENT_FILE } from '../releases/jvm-tools.ts';
import type { Lease, LeasedNode } from '../lease/lease.ts';
import type { DataSource } from '../corda/database.ts';
import { JOLOKIA_FILE, jolokiaOptions, jolokiaProperties, FAST_LOGGING, jvmOptions } from './jvm-options.ts';
import { NODE_MEMORY_MB } from '../plan/memory.ts';
import { nodeConf, type RpcUser } from '../corda/node-conf.ts';
import { describeExit, lastOnConsole, startNode, startsAtOnce } from './node-start.ts';
import type { NodeStart, NodeStartOptions } from './node-start.ts';
import { isHopeless } from '../corda/node-words.ts';
import { nameInLog } from '../inspect/description.ts';
import { JOURNAL_FILE } from '../trade/views.ts';
import type { NodeLaunch, RunningNode, Space, SpaceRequest } from '../providers/provider.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait.ts';
import { seconds } from '../support/words.ts';
import type { CellDatabases } from './databases.ts';
import { driverProcesses } from './drivers.ts';
import { cordappsOf, partsOf, type CellParts } from './parts.ts';
import { doormanProcesses, placeOf, zoneUrl } from './zone.ts';
import { notarisesAs, type NodeRole, type NodePlace } from '../corda/topology.ts';

/** The makeup of a cell, for all ways to run it. */
export interface CellMakeup {
  readonly cell: Cell;
  readonly parts: CellParts;
}

/** Arguments of a node that trades, before those of its database. */
const RUN_ARGS = ['--no-local-shell', '--log-to-console'];

/** Everything that lives in a cell's space. */
export function cellProcesses({ cell, parts }: CellMakeup): Pick<SpaceRequest, 'nodes' | 'services'> {
  return {
    nodes: cell.topology.nodes.map(({ id }) => ({ id, memoryMb: NODE_MEMORY_MB })),
    services: [...driverProcesses(parts, cell), ...doormanProcesses(cell)],
  };
}

/** A new user of all nodes' RPC. */
export function newRpcUser(): RpcUser {
  return { user: 'compat', password: randomBytes(16).toString('hex') };
}

/** Input of the node files, besides the cell. */
export interface CellFiles extends CellMakeup {
  readonly space: Space;
  readonly rpcUser: RpcUser;
  readonly databases: CellDatabases;
}

/** Writes the files of all nodes that depend neither on the zone's keys nor on tables. */
export async function writeAllNodeFiles(files: CellFiles): Promise<void> {
  await Promise.all(files.cell.topology.nodes.map((node) => writeFilesOfNode(files, node)));
}

/** The same for one node, which may be of another release than it was. */
export async function writeFilesOfNode({ parts, space, rpcUser, databases }: CellFiles, node: NodeRole): Promise<void> {
  const zone = zoneUrl(space);
  const source = databases.source(node);
  const place = placeOf(space, node);
  await writeNodeFiles({ node, place, parts, rpcUser, source, ...(zone === undefined ? {} : { zone }) });
}

/** The program of a node, with these arguments. */
export function nodeLaunch({ cell, parts }: CellMakeup, node: NodeRole, nodeArgs: readonly string[]): NodeLaunch {
  const { kit, runtime } = partsOf(parts, node);
  const { images } = parts;
  const image = images ? { image: images.ofNode(node), cordappImages: images.ofCordapps([node]) } : {};
  return { node: node.id, kit, runtime, jvmArgs: jvmOptions(cell.jvm, kit), nodeArgs, ...image };
}

/** A node that trades. @param schemaArgs what its database asks for */
export function tradingLaunch(makeup: CellMakeup, node: NodeRole, schemaArgs: readonly string[] = []): NodeLaunch {
  const launch = nodeLaunch(makeup, node, [...RUN_ARGS, ...schemaArgs]);
  return { ...launch, jvmArgs: [...launch.jvmArgs, ...jolokiaOptions(launch.kit)] };
}

export interface NodeFiles {
  readonly node: NodeRole;
  readonly place: NodePlace;
  readonly parts: CellParts;
  readonly rpcUser: RpcUser;
  readonly source: DataSource;
  /** URL of the zone's doorman, where it has one. */
  readonly zone?: string;
}

/** Puts node.conf, CorDapps and the logging configuration into a node's base directory; keys and database come later. */
export async function writeNodeFiles({ node, place, parts, rpcUser, source, zone }: NodeFiles): Promise<void> {
  const { facts } = partsOf(parts, node).resolved;
  const cordapps = join(place.stagingFolder, 'cordapps');
  await mkdir(cordapps, { recursive: true });
  const conf = nodeConf({ node, place, facts, source, rpcUser, ...(zone === undefined ? {} : { zone }) });
  await Promise.all([
    writeFile(join(place.stagingFolder, 'node.conf'), conf, { mode: 0o600 }),
    writeFile(join(place.stagingFolder, JOLOKIA_FILE), jolokiaProperties(place, rpcUser), { mode: 0o600 }),
    copyFile(parts.modern.tools.agent, join(place.stagingFolder, AGENT_FILE)),
    writeFile(join(place.stagingFolder, FAST_LOGGING.file), FAST_LOGGING.content),
    ...cordappsOf(parts, node).map(({ file, name }) => copyFile(file, join(cordapps, name))),
  ]);
}

/** Printed by every release, 3.1 to 4.14, once RPC and P2P answer (NodeStartup.kt). */
export const STARTED = /started up and registered in/;

export interface BringUp extends NodeStartOptions {
  readonly launches: readonly NodeLaunch[];
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Told of each node that is up, while others may still be starting. */
  readonly onUp?: (node: NodeRole) => void;
}

/**
 * Starts all nodes, a few at a time, and waits until each says that it is up. The first that fails ends the wait for all.
 * @throws StepError incompatible or blocked, in the failing node's own words
 */
export async function bringUp(input: BringUp): Promise<ReadonlyMap<string, RunningNode>> {
  const { launches, cell, signal } = input;
  const starts = await sideBySide(launches, { atOnce: startsAtOnce(cell), signal }, async (launch, either) => {
    const start = await startNode(input, launch);
    await waitStarted({ ...input, signal: either }, start);
    input.onUp?.(start.role);
    return start;
  });
  return new Map(starts.map(({ role, running }) => [role.id, running]));
}

async function waitStarted({ cell, signal, say }: BringUp, start: NodeStart): Promise<void> {
  const { subject } = start;
  const { limits } = cell;
  const probe = async (): Promise<Seen<void>> => {
    const ended = start.exit();
    const said = await start.read();
    if (STARTED.test(said)) return { done: true, value: undefined };
    if (isHopeless(said)) throw start.failed('start', 'cannot start');
    if (ended) throw start.failed('start', `ended while starting (${describeExit(ended)})`);
    return { done: false, last: lastOnConsole(said) };
  };
  try {
    await waitUntil(probe, { name: `start of ${subject}`, limit: limits.start, every: 50, signal });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const told = (await start.tellThreads()) ? '; its log ends with what its threads do' : '';
    throw start.failed('start', `was not up within ${limits.start / 1000} s${told}`);
  }
  say(`${subject} is up after ${seconds(start.tookMs(), 1)}`);
}

/** A node as suites see it, but for who drives it. */
export type SeenNode = Omit<LeasedNode, 'driver'>;

export function seenNode({ cell, parts }: CellMakeup, { notary, ...node }: NodeRole): SeenNode {
  const { facts, cordapps } = partsOf(parts, node).resolved;
  const { keepsRefusals, serviceIdentity } = facts;
  const { onboarding } = cell.topology;
  const service = notary && {
    notarisesAs: notarisesAs({ ...node, notary }, { onboarding, serviceIdentity }),
    validating: notary.validating,
  };
  return {
    ...node,
    notary: notary !== undefined,
    ...service,
    cordapps: cordapps.map(({ name, sha256, signed, facts: said }) => {
      return { name, sha256, signed, inLog: nameInLog(name, said, facts) };
    }),
    keepsRefusals,
  };
}

/** @param evidence folder of the cell's evidence: gets its journal */
export function leaseOf(cell: Cell, nodes: readonly LeasedNode[], evidence: string): Lease {
  const { name, workload, limits } = cell;
  const journal = join(evidence, JOURNAL_FILE);
  return { cell: name, ...pairIds(cell), nodes, workload, limits, journal };
}

/** The releases that suites call left and right. */
export function pairIds({ pair }: Cell): { readonly pair?: Pair<string> } {
  return pair ? { pair: { left: pair.left.id, right: pair.right.id } } : {};
}
