import { createRequire } from 'node:module';
import type { Client } from 'pg';
import type * as Pg from 'pg';
import { type DatabaseServer, shownServer } from '../config/outside.ts';
import type { DatabaseAccess } from '../corda/database.ts';
import { bug } from '../support/step-error.ts';

/** Owns all that nodes make, so that a copy of one's tables is another's. Stays on the server, without a way to log in. */
const OWNERS = 'corda_compat_nodes';

/** SQLSTATE. */
const NO_SUCH_DATABASE = '3D000';

export interface NodeAccount {
  /** Name of the database and of its role. */
  readonly name: string;
  /** Letters and digits. */
  readonly password: string;
}

/** How this machine reaches a node's database. */
export function accessOf({ host, port }: DatabaseServer, { name, password }: NodeAccount): DatabaseAccess {
  const shown = host.includes(':') ? `[${host}]` : host;
  return { url: `jdbc:postgresql://${shown}:${port}/${name}`, user: name, password };
}

/** How a node of the space reaches its own. */
export function insideAccessOf(server: DatabaseServer, account: NodeAccount): DatabaseAccess {
  return accessOf({ ...server, ...server.inside }, account);
}

/** Makes a node's database, as a copy of a template where one is named, and the only role that is meant for it. @throws ServerError */
export async function createDatabase(server: DatabaseServer, account: NodeAccount, template?: string): Promise<void> {
  const name = plain(account.name);
  await withServer(server, async (client) => {
    await makeOwners(client);
    await client.query(`create role ${name} login password '${plain(account.password)}' in role ${OWNERS}`);
    // Whatever it makes belongs to the owners.
    await client.query(`alter role ${name} set role to ${OWNERS}`);
    const source = template ? plain(template) : `template0 encoding 'UTF8'`;
    await client.query(`create database ${name} owner ${OWNERS} template ${source}`);
  });
}

/** Drops a node's database and role if they exist, and ends their connections. @throws ServerError */
export async function dropDatabase(server: DatabaseServer, database: string): Promise<void> {
  const name = plain(database);
  await withServer(server, async (client) => {
    await closeToAll(client, name);
    await disconnectAll(client, name);
    await client.query(`drop database if exists ${name}`);
    await client.query(`drop role if exists ${name}`);
  });
}

/** Which of these are still there, as database or as role. @throws ServerError */
export async function databasesLeft(server: DatabaseServer, names: readonly string[]): Promise<readonly string[]> {
  return withServer(server, async (client) => {
    const query =
      'select datname as name from pg_database where datname = any($1) union select rolname from pg_roles where rolname = any($1)';
    const { rows } = await client.query<{ name: string }>(query, [names]);
    return rows.map(({ name }) => name);
  });
}

/** Clients connect again after a disconnection, and a database with connections cannot be dropped. */
async function closeToAll(client: Client, name: string): Promise<void> {
  await client.query(`alter database ${name} allow_connections false`).catch((error: unknown) => {
    if ((error as { code?: string }).code !== NO_SUCH_DATABASE) throw error;
  });
}

export async function disconnectAll(client: Client, database: string): Promise<void> {
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [database]);
}

/** Two runs may come here at once: the second one waits for the first one's. */
async function makeOwners(client: Client): Promise<void> {
  await client.query('begin');
  await client.query('select pg_advisory_xact_lock(hashtext($1))', [OWNERS]);
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [OWNERS]);
  if (rowCount === 0) {
    await client.query(`create role ${OWNERS} nologin`);
    // One who is no superuser may make databases for a role only as a member of it.
    await client.query(`grant ${OWNERS} to current_user`);
  }
  await client.query('commit');
}

const CONNECT_MS = 10_000;
/** Copying a template of a few megabytes takes less than a second; a server that is busy may take longer. */
const STATEMENT_MS = 120_000;

/** The server cannot be reached, or refuses what is asked of it. */
export class ServerError extends Error {}

/**
 * Does `work` with a connection to the server itself, or to one of its databases.
 * @throws ServerError
 */
export async function withServer<T>(
  server: DatabaseServer,
  work: (client: Client) => Promise<T>,
  database = server.database,
): Promise<T> {
  // Loaded only where a cell has such databases; the reaper's one file finds it from where the sources are.
  const pg = createRequire(import.meta.url)('pg') as typeof Pg;
  const { host, port, user, password } = server;
  const options = {
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    application_name: 'corda-compat',
  };
  const client = new pg.Client({ host, port, user, password, database, ...options });
  // A connection that breaks fails its current query; without a query the error needs no report.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch (cause) {
    if (!isOfServer(cause)) throw cause;
    throw new ServerError(`PostgreSQL server ${shownServer(server)}: ${cause.message}`, { cause });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Errors of the protocol and of the connection have a code or come from pg itself; ours do not. */
function isOfServer(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if ('code' in error) return error.name !== 'StepError';
  return /timeout|Connection terminated|not queryable|SASL|password/i.test(error.message) && error.name === 'Error';
}

/** An identifier or literal that is made of our own names and hexadecimal digits only. */
export function plain(word: string): string {
  if (!/^[a-z0-9_]{1,63}$/.test(word)) bug(`${word} is no plain name`);
  return word;
}
