import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDatabase,
  databasesLeft,
  dropDatabase,
  insideAccessOf,
  type NodeAccount,
  ServerError,
  withServer,
} from '../databases/server.ts';
import { serverTemplate } from '../databases/templates.ts';
import type { NodeRole } from '../corda/topology.ts';
import { parseDatabaseServer, shownServer, type DatabaseServer } from '../config/outside.ts';
import { variable } from '../config/variables.ts';
import { postgresSource, type DatabaseAccess } from '../corda/database.ts';
import type { Artefact } from '../releases/artefacts.ts';
import { blocked } from '../support/step-error.ts';
import { jvmsAtOnce } from './node-start.ts';
import type { DatabaseServerPlace } from '../providers/provider.ts';
import { downloadArtefact } from '../releases/maven.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { waitUntil, WaitTimeout } from '../support/wait.ts';
import { migrate, migratedNodeArgs, migrationKey, STORED_BY_SERVICES, type Migration } from '../zone/migration.ts';
import { migrationOf, type CellDatabases, type DatabasesInput } from './databases.ts';
import { partsOf } from './parts.ts';
import { placeOf } from './zone.ts';

/** The last of the line that Corda's documentation names; newer ones need no Java 8. */
const DRIVER = 'org.postgresql:postgresql:42.2.29';
/** Raised when what a template holds changes without the releases changing. */
const FORMAT = 1;

/**
 * A database and a role for each node on a PostgreSQL server: one that is there already, or one of the space's own.
 * @throws StepError blocked, not-built where the JDBC driver cannot be had
 */
export async function postgresDatabases(input: DatabasesInput): Promise<CellDatabases> {
  const { cell, resources, ledger, signal } = input;
  const { server, own } = await databaseServer(input);
  const driver = await downloadArtefact(DRIVER, resources.releases);
  const accounts = new Map(cell.topology.nodes.map((node) => [node.id, accountOf(input, node)]));
  const accountFor = ({ id }: NodeRole): NodeAccount => accounts.get(id) as NodeAccount;
  const names = [...accounts.values()].map(({ name }) => name);
  let entries: readonly string[] = [];

  const layOne = async (node: NodeRole): Promise<[string, readonly string[]]> => {
    await layDriver(input, node, driver);
    const migration = migrationOf(input, node);
    const template = migration ? await templateOf(input, { migration, server, driver }) : undefined;
    await createDatabase(server, accountFor(node), template);
    return [node.id, migration ? migratedNodeArgs(migration) : []];
  };

  return {
    source: (node) => postgresSource(insideAccessOf(server, accountFor(node))),
    access: (node) => insideAccessOf(server, accountFor(node)),
    drivers: [driver],
    ...(own ? { server: own } : {}),
    lay: () =>
      explained(async () => {
        await withServer(server, async () => Promise.resolve());
        // One of the space's own goes with the space.
        if (!server.inside)
          entries = await Promise.all(names.map((name) => ledger.record({ kind: 'database', server, name })));
        return new Map(await sideBySide(cell.topology.nodes, { atOnce: jvmsAtOnce(), signal }, layOne));
      }),
    drop: async () => {
      if (entries.length === 0) return;
      await Promise.all(names.map((name) => dropDatabase(server, name)));
      const left = await databasesLeft(server, names);
      if (left.length > 0) throw new Error(`left behind on ${shownServer(server)}: databases ${left.join(', ')}`);
      await Promise.all(entries.map((entry) => ledger.undone(entry)));
      entries = [];
    },
  };
}

/** Names of databases are those of one server for all who use it. */
function accountOf({ runId, cell }: DatabasesInput, { id }: NodeRole): NodeAccount {
  const digest = createHash('sha256').update(cell.name).digest('hex').slice(0, 6);
  const name = `compat_${runId}_${digest}_${id}`.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
  return { name, password: randomBytes(16).toString('hex') };
}

/** From `drivers` (3.x: `plugins`) below its base directory a node takes JDBC drivers. */
async function layDriver({ space, parts }: DatabasesInput, node: NodeRole, { file, name }: Artefact): Promise<void> {
  const drivers = partsOf(parts, node).kit.classPathFolders.at(-1) ?? 'drivers';
  const folder = join(placeOf(space, node).stagingFolder, drivers);
  await mkdir(folder, { recursive: true });
  await copyFile(file, join(folder, name));
}

async function templateOf(
  input: DatabasesInput,
  { migration, server, driver }: { migration: Migration; server: DatabaseServer; driver: Artefact },
): Promise<string> {
  const { ledger, signal, cell } = input;
  const make = async (access: DatabaseAccess): Promise<void> => {
    const scratch = join(tmpdir(), `corda-compat-migration-${randomBytes(6).toString('hex')}`);
    const entry = await ledger.record({ kind: 'folder', path: scratch });
    try {
      await migrate(migration, { scratch, dataSource: postgresSource(access), drivers: [driver] });
    } finally {
      await rm(scratch, { recursive: true, force: true });
      await ledger.undone(entry);
    }
    if (migratedNodeArgs(migration).length > 0) await forgetScratchNetwork(server, access.user);
  };
  const key = migrationKey(migration, FORMAT);
  return await serverTemplate({ server, key, ledger, make, limit: 3 * cell.limits.prepare, signal });
}

async function forgetScratchNetwork(server: DatabaseServer, database: string): Promise<void> {
  const statements = STORED_BY_SERVICES.map((table) => `delete from ${table}`).join('; ');
  await withServer(server, (client) => client.query(statements), database);
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof ServerError)) throw cause;
    const advice = 'COMPAT_POSTGRES must name a running server and a user that may make databases and roles';
    throw blocked('schema', `${cause.message}. ${advice}`, { cause });
  }
}

/** A public image by digest: the same bytes for every run, until this line changes. */
const PUBLIC_IMAGE = 'postgres:15.14-bookworm@sha256:496f07cd16dff6406cee521a66b37080be917ea063f017336affdfcb1c61f90e';
const LOOPBACK = /^(localhost$|127[.]|::1$)/;
const ADMIN = 'compat';
const MAINTENANCE = 'postgres';

interface ServerInUse {
  readonly server: DatabaseServer;
  /** Where it is one of the space's own. */
  readonly own?: DatabaseServerPlace;
}

/** The server that the environment names, or else one of the space's own. @throws StepError blocked */
async function databaseServer(input: DatabasesInput): Promise<ServerInUse> {
  const { provider, resources, space } = input;
  const named = variable(resources.releases.env, 'COMPAT_POSTGRES');
  if (!named) return await ownServer(input);
  const server = parseDatabaseServer(named);
  if (!provider.runsImages || !LOOPBACK.test(server.host)) {
    await provider.letReach?.(space, server);
    return { server };
  }
  throw blocked(
    'schema',
    `COMPAT_POSTGRES names ${server.host}, which in a container is the container itself. Name an address of the ` +
      'server that containers reach, or none, and each cell gets a server of its own',
  );
}

async function ownServer({ provider, space, resources, cell, signal }: DatabasesInput): Promise<ServerInUse> {
  const { env, progress } = resources.releases;
  const image = variable(env, 'COMPAT_POSTGRES_IMAGE') ?? PUBLIC_IMAGE;
  const password = randomBytes(16).toString('hex');
  if (!provider.startDatabaseServer) {
    throw blocked('schema', `provider ${provider.name} starts no database server: name one with COMPAT_POSTGRES`);
  }
  const say = (text: string): void => progress.say(text, cell.name);
  say(`starting a database server (${image.split('@')[0]})`);
  const place = await provider.startDatabaseServer(space, { image, user: ADMIN, password, say });
  const { inside, outside } = place;
  const server = { ...outside, inside, user: ADMIN, password, database: MAINTENANCE };
  await answers(server, { place, image, limit: cell.limits.prepare, signal });
  return { server, own: place };
}

async function answers(
  server: DatabaseServer,
  wait: { place: DatabaseServerPlace; image: string; limit: number; signal: AbortSignal },
): Promise<void> {
  const { place, image, limit, signal } = wait;
  let ended = false;
  void place.exited.then(() => (ended = true));
  const name = `the database server (${image})`;
  const probe = async () => {
    if (ended) throw blocked('schema', `${name} ended: “${await lastWords(place)}”`);
    try {
      await withServer(server, () => Promise.resolve());
      return { done: true, value: undefined } as const;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return { done: false, last: error.message } as const;
    }
  };
  await waitUntil(probe, { name, limit, every: 100, signal }).catch(async (error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
    throw blocked('schema', `${error.message}; it said: “${await lastWords(place)}”`, { cause: error });
  });
}

async function lastWords({ consoleFile }: DatabaseServerPlace): Promise<string> {
  const text = await readFile(consoleFile, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-3).join(' / ');
}
