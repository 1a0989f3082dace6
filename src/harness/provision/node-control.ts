import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeRole } from '../corda/topology.ts';
import type { NodeAction, LeasedNode } from '../lease/lease.ts';
import { bringUp, seenNode, tradingLaunch, nodeLaunch, writeFilesOfNode } from './nodes.ts';
import type { RpcUser } from '../corda/node-conf.ts';
import type { Provider, NodeExit } from '../providers/provider.ts';
import type { LostProcesses } from './losses.ts';
import type { CellDrivers } from './drivers.ts';
import { type CellZone, placeOf } from './zone.ts';
import { type CellDatabases, migrationOf } from './databases.ts';
import { bug, incompatible, type StepError } from '../support/step-error.ts';
import { seconds } from '../support/words.ts';
import { describeExit, startNode, type NodeStart, untilEnded } from './node-start.ts';
import { tellingWords } from '../corda/node-words.ts';
import { migratedNodeArgs } from '../zone/migration.ts';

/** From SIGTERM to SIGKILL of a node that is stopped as an operator does. */
const GRACE_MS = 30_000;

/** A network whose nodes trade, and may be stopped and started while they do. */
interface ControlledNetwork extends CellZone {
  readonly provider: Provider;
  readonly databases: CellDatabases;
  readonly drivers: CellDrivers;
  readonly losses: LostProcesses;
  readonly rpcUser: RpcUser;
  /** By node id, what its database asks for at its start. */
  readonly nodeArgs: ReadonlyMap<string, readonly string[]>;
  readonly say: (text: string) => void;
}

/** Does what a suite asks to be done to a node. @returns the node as it is then. @throws StepError */
export type NodeControl = (node: string, action: NodeAction) => Promise<LeasedNode>;

/** A node as it is meant to be started. */
interface Startable {
  readonly role: NodeRole;
  readonly args: readonly string[];
}

export function nodeControl(network: ControlledNetwork): NodeControl {
  const { cell, nodeArgs } = network;
  const roles = new Map(cell.topology.nodes.map((role) => [role.id, { role, args: nodeArgs.get(role.id) ?? [] }]));
  const before = new Map<string, Startable>();

  const started = async (startable: Startable): Promise<Startable> => {
    roles.set(startable.role.id, startable);
    await start(network, startable);
    return startable;
  };
  return async (id, action) => {
    const now = roles.get(id);
    if (!now) throw new Error(`the network of ${cell.name} has no node ${id}, only ${[...roles.keys()].join(', ')}`);
    const { role } = await done(now);
    return { ...seenNode(network, role), driver: network.drivers.of(role) };

    async function done(node: Startable): Promise<Startable> {
      switch (action) {
        case 'stop':
          return await stop(network, node, GRACE_MS);
        case 'kill':
          return await stop(network, node, 0);
        case 'start':
          return await started(node);
        case 'upgrade':
          before.set(id, node);
          return await tellOthers(network, await started(await upgrade(network, node)));
        case 'go-back':
          return await started(await goBack(network, before.get(id) ?? node));
      }
    }
  };
}

async function stop(network: ControlledNetwork, node: Startable, graceMs: number): Promise<Startable> {
  const { provider, space, losses, say } = network;
  const { id, release } = node.role;
  losses.expectExit(id);
  say(`${graceMs === 0 ? 'killing' : 'stopping'} ${id} (${release})`);
  await provider.stopNode(space, id, graceMs);
  return node;
}

/** Starts a node that is down, and connects its driver to it. */
async function start(network: ControlledNetwork, { role, args }: Startable): Promise<void> {
  const { cell, drivers, losses, rpcUser } = network;
  const others = cell.topology.nodes.filter(({ id }) => id !== role.id);
  const asItIs = { ...cell, topology: { ...cell.topology, nodes: [...others, role] } };
  const running = await bringUp({ ...network, cell: asItIs, launches: [tradingLaunch(network, role, args)] });
  losses.follow(role, running.get(role.id) ?? bug(`${role.id} was started and does not run`));
  await drivers.connect(role, rpcUser);
}

/** As an operator migrates the database of a node that was upgraded (docs: "Upgrading a node", step "run the migration scripts"). */
const MIGRATION = ['run-migration-scripts', '--core-schemas', '--app-schemas', '--log-to-console'];
/** Files that stay when the release changes: the console log and temporary files. */
const GOES_ON: ReadonlySet<string> = new Set(['console.log', 'logs', 'tmp']);
/** A node writes its own node info at every start, under a name that changes with it. */
const NODE_INFO = /^nodeInfo-/;
const OTHERS_INFOS = 'additional-node-infos';

/**
 * Makes a stopped node one of the cell's right release, as the releases document it: its folder is kept aside, jar, CorDapps and
 * configuration are replaced, its database is migrated where the release wants it.
 * @throws StepError incompatible (schema) in the node's own words
 */
async function upgrade(network: ControlledNetwork, { role }: Startable): Promise<Startable> {
  const { cell, space, say } = network;
  const release = cell.pair?.right.id;
  if (release === undefined) throw new Error(`${cell.name} has no right release that ${role.id} could be upgraded to`);
  const upgraded: NodeRole = { ...role, release };
  const { stagingFolder } = placeOf(space, role);
  say(`upgrading ${role.id} from ${role.release} to ${release}`);
  await copyAll(stagingFolder, keptAside(stagingFolder));
  await rm(join(stagingFolder, 'cordapps'), { recursive: true });
  for (const name of await infosIn(stagingFolder)) await rm(join(stagingFolder, name));
  await writeFilesOfNode(network, upgraded);
  return { role: upgraded, args: await migrated(network, upgraded) };
}

/** Gives a stopped node its files from before the upgrade; its changes since then are lost. */
async function goBack({ space, say }: ControlledNetwork, before: Startable): Promise<Startable> {
  const { stagingFolder } = placeOf(space, before.role);
  say(`${before.role.id} goes back to ${before.role.release}`);
  for (const name of await lasting(stagingFolder)) await rm(join(stagingFolder, name), { recursive: true });
  await copyAll(keptAside(stagingFolder), stagingFolder);
  return before;
}

/** Tells the nodes of a minted zone of one that is another release now; where there is a network map it does so itself. */
async function tellOthers({ cell, space }: ControlledNetwork, told: Startable): Promise<Startable> {
  if (cell.topology.onboarding === 'doorman') return told;
  const { role } = told;
  const { stagingFolder } = placeOf(space, role);
  const infos = await infosIn(stagingFolder);
  const others = cell.topology.nodes.filter(({ id }) => id !== role.id);
  const folders = others.map((other) => join(placeOf(space, other).stagingFolder, OTHERS_INFOS));
  await Promise.all(
    folders.flatMap((folder) => infos.map((name) => cp(join(stagingFolder, name), join(folder, name)))),
  );
  return told;
}

async function migrated(network: ControlledNetwork, role: NodeRole): Promise<readonly string[]> {
  const migration = migrationOf(network, role);
  if (!migration) return [];
  const { cell, signal, say } = network;
  const args = migratedNodeArgs(migration);
  const launch = { ...nodeLaunch(network, role, [...MIGRATION, ...args]), endsByItself: true };
  const asItIs = { ...cell, topology: { ...cell.topology, nodes: [role] } };
  const run = await startNode({ ...network, cell: asItIs }, launch);
  const limit = cell.limits.prepare;
  try {
    const exit = await untilEnded(run, { what: 'migration', limit, signal });
    if (!exit) throw run.failed('schema', `had not migrated its database within ${limit / 1000} s`);
    if (exit.code !== 0) throw await notMigrated(run, exit, cell.name);
  } finally {
    if (!run.exit()) await network.provider.stopNode(network.space, role.id, 0);
  }
  say(`the database of ${run.subject} is migrated after ${seconds(run.tookMs(), 1)}`);
  return args;
}

/** A node that ends by itself refuses that database; one that an outsider ends says nothing about it. */
async function notMigrated(run: NodeStart, exit: NodeExit, pair: string): Promise<StepError> {
  const happened = `could not migrate its database (${describeExit(exit)})`;
  if (exit.code === null) return run.failed('schema', happened);
  const words = tellingWords(await run.read());
  return incompatible('schema', `${pair}: ${run.subject} ${happened}: “${words[0] ?? '(nothing)'}”`, { words });
}

function keptAside(stagingFolder: string): string {
  return `${stagingFolder}-before`;
}

async function lasting(stagingFolder: string): Promise<readonly string[]> {
  return (await readdir(stagingFolder)).filter((name) => !GOES_ON.has(name));
}

async function copyAll(from: string, to: string): Promise<void> {
  for (const name of await lasting(from)) {
    await cp(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
  }
}

async function infosIn(stagingFolder: string): Promise<readonly string[]> {
  return (await readdir(stagingFolder)).filter((name) => NODE_INFO.test(name));
}
