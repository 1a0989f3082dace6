import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeRole } from '../domain/cell.ts';
import { incompatible, type StepError } from '../domain/step-error.ts';
import { describeExit, startNode, type NodeStart } from '../network/node-start.ts';
import { untilEnded } from '../network/run-to-end.ts';
import { tellingWords } from '../network/start-words.ts';
import type { NodeExit } from '../providers/provider.ts';
import { migratedNodeArgs } from '../zone/migration.ts';
import { nodeLaunch, stageOne } from '../provision/nodes.ts';
import { placeOf } from '../provision/zone.ts';
import { migrationOf } from '../provision/databases.ts';
import type { ControlledNetwork, Startable } from './node-control.ts';

/** As an operator migrates the database of a node that was upgraded (docs: "Upgrading a node", step "run the migration scripts"). */
const MIGRATION = ['run-migration-scripts', '--core-schemas', '--app-schemas', '--log-to-console'];
/** What goes on whatever the node is: what it says, and its temporary files. */
const GOES_ON: ReadonlySet<string> = new Set(['console.log', 'logs', 'tmp']);
/** A node writes its own node info at every start, under a name that changes with it. */
const NODE_INFO = /^nodeInfo-/;
const OTHERS_INFOS = 'additional-node-infos';

/**
 * Makes a stopped node one of the cell's right release, as the releases document it: its folder is kept aside, jar, CorDapps and
 * configuration are replaced, its database is migrated where the release wants it.
 * @throws StepError incompatible (schema) in the node's own words
 */
export async function upgrade(network: ControlledNetwork, { role }: Startable): Promise<Startable> {
  const { cell, space, say } = network;
  const release = cell.pair?.right.id;
  if (release === undefined) throw new Error(`${cell.name} has no right release that ${role.id} could be upgraded to`);
  const upgraded: NodeRole = { ...role, release };
  const { stage } = placeOf(space, role);
  say(`upgrading ${role.id} from ${role.release} to ${release}`);
  await copyAll(stage, keptAside(stage));
  await rm(join(stage, 'cordapps'), { recursive: true });
  await removeInfos(stage);
  await stageOne(network, upgraded);
  return { role: upgraded, args: await migrated(network, upgraded) };
}

/** Gives a stopped node what was kept aside before its upgrade; what it did since is lost. */
export async function goBack({ space, say }: ControlledNetwork, before: Startable): Promise<Startable> {
  const { stage } = placeOf(space, before.role);
  say(`${before.role.id} goes back to ${before.role.release}`);
  for (const name of await lasting(stage)) await rm(join(stage, name), { recursive: true });
  await copyAll(keptAside(stage), stage);
  return before;
}

/** Tells the nodes of a minted zone of one that is another release now; where there is a network map it does so itself. */
export async function tellOthers({ cell, space }: ControlledNetwork, told: Startable): Promise<Startable> {
  if (cell.topology.onboarding === 'doorman') return told;
  const { role } = told;
  const { stage } = placeOf(space, role);
  const infos = (await readdir(stage)).filter((name) => NODE_INFO.test(name));
  const others = cell.topology.nodes.filter(({ id }) => id !== role.id).map((other) => placeOf(space, other).stage);
  await Promise.all(
    others.flatMap((other) => infos.map((name) => cp(join(stage, name), join(other, OTHERS_INFOS, name)))),
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
  say(`the database of ${run.subject} is migrated after ${(run.tookMs() / 1000).toFixed(1)} s`);
  return args;
}

/** Who ends it by itself does not know that database; who was ended by others has not said anything of it. */
async function notMigrated(run: NodeStart, exit: NodeExit, pair: string): Promise<StepError> {
  const happened = `could not migrate its database (${describeExit(exit)})`;
  if (exit.code === null) return run.failed('schema', happened);
  const words = tellingWords(await run.read());
  return incompatible('schema', `${pair}: ${run.subject} ${happened}: “${words[0] ?? '(nothing)'}”`, { words });
}

function keptAside(stage: string): string {
  return `${stage}-before`;
}

async function lasting(stage: string): Promise<readonly string[]> {
  return (await readdir(stage)).filter((name) => !GOES_ON.has(name));
}

async function copyAll(from: string, to: string): Promise<void> {
  for (const name of await lasting(from)) {
    await cp(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
  }
}

async function removeInfos(stage: string): Promise<void> {
  const infos = (await readdir(stage)).filter((name) => NODE_INFO.test(name));
  await Promise.all(infos.map((name) => rm(join(stage, name))));
}
