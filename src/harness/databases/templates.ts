import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import type { DatabaseServer } from '../config/outside.ts';
import type { Ledger } from '../cleanup/ledger.ts';
import type { DatabaseAccess } from '../corda/database.ts';
import { accessOf, createDatabase, disconnectAll, dropDatabase, plain, withServer } from './server.ts';
import { waitUntil } from '../support/wait.ts';

export interface TemplateRequest {
  readonly server: DatabaseServer;
  /** Digest of all that its tables depend on. */
  readonly key: string;
  readonly ledger: Ledger;
  /** Makes the tables. */
  readonly make: (access: DatabaseAccess) => Promise<void>;
  /** Milliseconds to wait for another run that makes the same. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * The database with a release's tables, made once and kept on the server, as H2's is in the cache. Other runs wait while it
 * is being made; a template has its name only when it is whole.
 * @throws ServerError, and what `make` throws, with nothing left behind
 */
export async function serverTemplate(request: TemplateRequest): Promise<string> {
  const { server, key, ledger, make } = request;
  const name = plain(`corda_compat_template_${key.slice(0, 24)}`);
  await withServer(server, async (client) => {
    await lock(client, name, request);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount) return;
    const making = { name: `${name}_new`, password: randomBytes(16).toString('hex') };
    await dropDatabase(server, making.name);
    const entry = await ledger.record({ kind: 'database', server, name: making.name });
    try {
      await createDatabase(server, making);
      await make(accessOf(server, making));
      await disconnectAll(client, making.name);
      await client.query(`alter database ${making.name} rename to ${name}`);
    } finally {
      await dropDatabase(server, making.name);
      await ledger.undone(entry);
    }
  });
  return name;
}

/** Held by this connection, so that it is free as soon as this process ends, however it ends. */
async function lock(client: Client, name: string, { limit, signal }: TemplateRequest): Promise<void> {
  const look = async () => {
    const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock(hashtext($1)) as got', [name]);
    return rows[0]?.got
      ? ({ done: true, value: undefined } as const)
      : ({ done: false, last: 'another run is making it' } as const);
  };
  await waitUntil(look, { name: `database template ${name}`, limit, every: 500, signal });
}
