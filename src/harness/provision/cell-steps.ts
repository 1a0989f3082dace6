import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cell } from '../config/cell.ts';
import type { Ledger } from '../cleanup/ledger.ts';
import { variable } from '../config/variables.ts';
import type { ResolvedRelease } from '../releases/artefacts.ts';
import { allSeeAll, mintZone, onboard, type CellZone, type Onboarding } from './zone.ts';
import type { RpcUser } from '../corda/node-conf.ts';
import { startsAtOnce } from './node-start.ts';
import type { CellStep, SharedStep, Way } from '../plan/steps.ts';
import type { Provider, RunningNode, Space } from '../providers/provider.ts';
import { watchLosses } from './losses.ts';
import { collectNodeEvidence, keptEvidence, nodeLogs } from '../evidence/evidence.ts';
import { nodeControl } from './node-control.ts';
import type { ProvisionContext, ProvisionedCell, RunContext } from './provisioner.ts';
import type { RunResources } from './run-resources.ts';
import { bug } from '../support/step-error.ts';
import { unlessAborted } from '../support/wait.ts';
import { cellImages, type ImageMaker } from './cell-images.ts';
import * as words from './cell-words.ts';
import { h2Databases, type CellDatabases } from './databases.ts';
import { startDrivers, type CellDrivers } from './drivers.ts';
import { bringUp, cellProcesses, leaseOf, newRpcUser, nodeLaunch, seenNode } from './nodes.ts';
import { tradingLaunch, writeAllNodeFiles } from './nodes.ts';
import { buildParts, findJavas, inspectCordapps, resolveReleases, type CellParts } from './parts.ts';
import type { NodeRole } from '../corda/topology.ts';

/** The parts of a run that its cells share. */
export interface CellHost {
  readonly provider: Provider;
  /** Resolves once the run is guarded. @throws StepError blocked */
  readonly ledger: () => Promise<Ledger>;
  readonly resources: RunResources;
  /** Where the provider starts containers. */
  readonly images?: ImageMaker;
}

/** Products of a cell's steps, each for the steps after it. */
interface Made {
  readonly host: CellHost;
  readonly resolved: readonly ResolvedRelease[];
  readonly parts: CellParts;
  readonly space: Space;
  readonly databases: CellDatabases;
  readonly rpcUser: RpcUser;
  /** Drivers that are being started. */
  readonly drivers: Promise<CellDrivers>;
  /** By node id, what the node must be started with besides. */
  readonly nodeArgs: ReadonlyMap<string, readonly string[]>;
  readonly network: ProvisionedCell;
}

/** A cell on its way: the input of its steps, and their products so far. */
export interface Underway {
  readonly cell: Cell;
  readonly run: RunContext;
  readonly context: ProvisionContext;
  /** The open run; the first cell opens it. */
  readonly open: (cell: Cell) => Promise<CellHost>;
  readonly made: Partial<{ -readonly [K in keyof Made]: Made[K] }>;
  /** Drivers and the doorman, as soon as they run. */
  readonly services: RunningNode[];
  /** Connections of drivers to nodes that are up. */
  readonly connecting: Promise<void>[];
  /** Nodes that run, when all are up. */
  nodes?: ReadonlyMap<string, RunningNode>;
}

export function underway(of: Pick<Underway, 'cell' | 'run' | 'context' | 'open'>): Underway {
  return { ...of, made: {}, services: [], connecting: [] };
}

/** All that is done for a cell whose network the run makes itself. */
export function wayOf(cell: Cell): Way<Underway> {
  const { topology, provider } = cell;
  const zone = topology.onboarding === 'minted' ? [mint, makeTables] : [makeTables, register];
  return {
    shared: [open, resolve, inspectJars, findJava, build],
    own: [
      ...(provider === 'local' ? [] : [makeImages]),
      makeSpace,
      ...(topology.database === 'postgresql' ? [openDatabase] : []),
      configure,
      startAllDrivers,
      ...zone,
      startNodes,
      connectDrivers,
      runSuites,
      keepEvidence,
      removeSpace,
    ],
  };
}

const open: SharedStep<Underway> = {
  id: 'sweep',
  name: 'prepare the run',
  describe: words.openText,
  run: async ({ cell, open: opened, made }) => {
    made.host = await opened(cell);
  },
};

const resolve: SharedStep<Underway> = {
  id: 'resolve',
  name: 'resolve the releases',
  describe: words.resolveText,
  run: async (way) => {
    const { resources } = need(way, 'host');
    // Work that other cells share goes on when this cell is given up; it ends with the run.
    const { signal } = way.context;
    way.made.resolved = await unlessAborted(resolveReleases(way.cell, resources, way.context.releases), signal);
  },
};

const inspectJars: SharedStep<Underway> = {
  id: 'cordapps',
  name: 'inspect the CorDapps',
  describe: words.inspectText,
  run: async (way) => {
    const inspecting = inspectCordapps(way.cell, need(way, 'resolved'), need(way, 'host').resources);
    way.context.warn(await unlessAborted(inspecting, way.context.signal));
  },
};

const findJava: SharedStep<Underway> = {
  id: 'java',
  name: 'find Java',
  describe: words.javaText,
  run: async (way) => {
    const finding = findJavas(need(way, 'resolved'), need(way, 'host').resources, way.context.releases);
    await unlessAborted(finding, way.context.signal);
  },
};

const build: SharedStep<Underway> = {
  id: 'build',
  name: 'compile the tools',
  describe: words.toolsText,
  run: async (way) => {
    const building = buildParts(need(way, 'resolved'), need(way, 'host').resources);
    way.made.parts = await unlessAborted(building, way.context.signal);
  },
};

const makeImages: CellStep<Underway> = {
  id: 'images',
  name: 'find or build the images',
  describe: words.imagesText,
  run: async (way) => {
    const { images } = need(way, 'host');
    const parts = need(way, 'parts');
    if (!images) bug(`provider ${way.cell.provider} makes no images`);
    const found = await unlessAborted(cellImages(way.cell, parts, images), way.context.signal);
    way.made.parts = { ...parts, images: found };
  },
};

const makeSpace: CellStep<Underway> = {
  id: 'space',
  name: 'make a space',
  describe: words.spaceText,
  run: async (way) => {
    const { cell, run, context } = way;
    const { provider, ledger: guarded } = need(way, 'host');
    const needs = { ...cellProcesses({ cell, parts: need(way, 'parts') }), signal: context.signal };
    await mkdir(evidenceOf(way), { recursive: true });
    await provider.prepare(needs);
    const ledger = await guarded();
    way.made.space = await provider.createSpace({ runId: run.runId, cell: cell.name, ...needs, ledger });
  },
};

const openDatabase: CellStep<Underway> = {
  id: 'database',
  name: 'open the PostgreSQL server',
  describe: words.databaseText,
  limit: ({ limits }) => limits.prepare,
  run: async (way) => {
    const { provider, ledger } = need(way, 'host');
    // Loaded here: what speaks to such servers is of use to few runs.
    const { postgresDatabases } = await import('./postgres.ts');
    const { runId } = way.run;
    way.made.databases = await postgresDatabases({ ...zoneOf(way), ledger: await ledger(), runId, provider });
  },
};

const configure: CellStep<Underway> = {
  id: 'configure',
  name: 'write the configuration',
  describe: words.configureText,
  run: async (way) => {
    const zone = zoneOf(way);
    const databases = (way.made.databases ??= h2Databases(zone));
    const rpcUser = (way.made.rpcUser = newRpcUser());
    await writeAllNodeFiles({ ...zone, rpcUser, databases });
  },
};

const startAllDrivers: CellStep<Underway> = {
  id: 'driver',
  name: 'start the drivers',
  describe: words.driverText,
  limit: ({ limits }) => limits.prepare,
  // Their JVMs warm up while the zone is made.
  meanwhile: true,
  run: async (way) => {
    way.made.drivers = startDrivers({ ...servicesOf(way), databases: need(way, 'databases') });
    await way.made.drivers;
  },
};

const mint: CellStep<Underway> = {
  id: 'zone',
  name: 'mint the zone',
  describe: words.mintText,
  limit: ({ limits }) => limits.prepare,
  run: (way) => mintZone(zoneOf(way)),
};

const makeTables: CellStep<Underway> = {
  id: 'schema',
  name: 'make the tables',
  describe: words.schemaText,
  limit: ({ limits }) => limits.prepare,
  run: async (way) => {
    way.made.nodeArgs = await need(way, 'databases').lay();
  },
};

const register: CellStep<Underway> = {
  id: 'zone',
  name: 'register the nodes with a doorman',
  describe: words.doormanText,
  limit: (cell) => cell.limits.prepare + 2 * wavesOf(cell) * cell.limits.start,
  run: (way) => onboard(servicesOf(way)),
};

const startNodes: CellStep<Underway> = {
  id: 'start',
  name: 'start the nodes',
  describe: words.startText,
  limit: (cell) => wavesOf(cell) * cell.limits.start,
  run: async (way) => {
    const { cell, context, connecting } = way;
    const input = servicesOf(way);
    const [driversStarting, rpcUser, nodeArgs] = [need(way, 'drivers'), need(way, 'rpcUser'), need(way, 'nodeArgs')];
    const up: string[] = [];
    context.far(() => `${up.length} of ${cell.topology.nodes.length} up${up.length > 0 ? ` (${up.join(', ')})` : ''}`);
    // The first connection of a driver's JVM takes seconds, which the other nodes still need.
    const onUp = (node: NodeRole): void => {
      up.push(node.id);
      const connected = driversStarting.then((drivers) => drivers.connect(node, rpcUser));
      connected.catch(() => undefined);
      connecting.push(connected);
    };
    const launches = cell.topology.nodes.map((node) => tradingLaunch(input, node, nodeArgs.get(node.id)));
    const [nodes] = await Promise.all([bringUp({ ...input, launches, onUp }), driversStarting]);
    way.nodes = nodes;
  },
};

const connectDrivers: CellStep<Underway> = {
  id: 'driver',
  name: 'connect the drivers',
  describe: words.connectText,
  limit: ({ limits }) => limits.start,
  run: async (way) => {
    const { cell, context, connecting, services, nodes = new Map<string, RunningNode>() } = way;
    const databases = need(way, 'databases');
    const server = databases.server ? [{ ...databases.server, node: 'the database server' }] : [];
    const losses = watchLosses(cell, { nodes, services: [...services, ...server], say: context.say });
    await Promise.all(connecting);
    const drivers = await need(way, 'drivers');
    // Nodes of a minted zone know each other from files.
    const seenBy = (node: NodeRole) => drivers.seenBy(node);
    if (cell.topology.onboarding === 'doorman') await allSeeAll(cell, seenBy, context.signal);
    way.made.network = await networkOf(way, drivers, losses);
  },
};

const runSuites: CellStep<Underway> = {
  id: 'suites',
  name: 'run the suites',
  describe: words.suitesText,
  run: (way) => way.context.trade(need(way, 'network')),
};

const keepEvidence: CellStep<Underway> = {
  id: 'evidence',
  name: 'keep the evidence',
  describe: words.evidenceText,
  always: ({ made }) => made.space !== undefined,
  run: async (way) => {
    const { network } = way.made;
    if (network) return await network.collectEvidence();
    // The network never came up: some of its files may not be there.
    await collectNodeEvidence(need(way, 'host').provider, need(way, 'space'), evidenceOf(way)).catch(() => undefined);
  },
};

const removeSpace: CellStep<Underway> = {
  id: 'destroy',
  name: 'remove the space',
  describe: words.removeText,
  limit: ({ limits }) => limits.teardown,
  always: ({ made }) => made.space !== undefined,
  run: async (way) => {
    const { network, databases } = way.made;
    if (network) return await network.release();
    await close(need(way, 'host').provider, need(way, 'space'), databases);
  },
};

async function networkOf(
  way: Underway,
  drivers: CellDrivers,
  losses: ReturnType<typeof watchLosses>,
): Promise<ProvisionedCell> {
  const { cell, run } = way;
  const input = servicesOf(way);
  const { parts, provider, space, evidence, say } = input;
  const [databases, rpcUser, nodeArgs] = [need(way, 'databases'), need(way, 'rpcUser'), need(way, 'nodeArgs')];
  // Figures of a replay are no figures of the cell.
  const gateway = cell.replayOf === undefined ? variable(run.env, 'COMPAT_PUSH_GATEWAY') : undefined;
  const logs = nodeLogs({ provider, space, nodes: cell.topology.nodes, jvm: cell.jvm });
  const loaded = await logs.loaded();
  const nodes = cell.topology.nodes.map((node) => {
    const line = loaded.get(node.id);
    const driver = drivers.of(node);
    return { ...seenNode({ cell, parts }, node), ...(line === undefined ? {} : { loadedLine: line }), driver };
  });
  const kept = { cell: cell.name, provider, space, folder: evidence, drivers: drivers.byName, nodes, gateway, say };
  return {
    lease: leaseOf(cell, nodes, evidence),
    mark: () => logs.mark(),
    logsSince: (mark) => logs.since(mark),
    control: nodeControl({ ...input, databases, drivers, losses, rpcUser, nodeArgs }),
    losses: () => losses.soFar(),
    ...keptEvidence(kept),
    release: async () => {
      losses.expectExits();
      await close(provider, space, databases);
    },
  };
}

/** Ends the space, then looks whether anything is left. */
async function close(provider: Provider, space: Space, databases: CellDatabases | undefined): Promise<void> {
  const errors: Error[] = [];
  await provider.destroySpace(space).catch((error: unknown) => errors.push(error as Error));
  await databases?.drop().catch((error: unknown) => errors.push(error as Error));
  const left = await provider.leftovers(space);
  const words = left.map(({ kind, what }) => `${kind} ${what}`).join(', ');
  if (left.length > 0) errors.push(new Error(`left behind: ${words}`));
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
}

function zoneOf(way: Underway): CellZone {
  const { cell, context } = way;
  const { resources } = need(way, 'host');
  return {
    cell,
    parts: need(way, 'parts'),
    space: need(way, 'space'),
    resources,
    evidence: evidenceOf(way),
    signal: context.signal,
  };
}

/** Starts nodes and services in the space. */
function servicesOf(way: Underway): Onboarding {
  const { cell, context, services } = way;
  const parts = need(way, 'parts');
  return {
    ...zoneOf(way),
    provider: need(way, 'host').provider,
    onService: (running) => void services.push(running),
    launch: (node, args) => nodeLaunch({ cell, parts }, node, args),
    say: context.say,
  };
}

function evidenceOf({ run, cell }: Underway): string {
  return join(run.results, cell.name);
}

/** How many times nodes have to wait for the start of others, and once more. */
function wavesOf(cell: Cell): number {
  return Math.ceil(cell.topology.nodes.length / Math.min(cell.topology.nodes.length, startsAtOnce(cell)));
}

function need<K extends keyof Made>({ made, cell }: Underway, what: K): Made[K] {
  return made[what] ?? bug(`no step of ${cell.name} has made its ${what}`);
}
