import { createRequire } from 'node:module';
import type { Client } from 'pg';
import type * as Pg from 'pg';
import { shownServer, type DatabaseServer } from '../domain/database-server.ts';

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
  // A connection that breaks fails the query that is under way; without one, nobody has to hear of it.
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
  if (!/^[a-z0-9_]{1,63}$/.test(word)) throw new Error(`${word} is no plain name: this is a bug in the harness`);
  return word;
}
