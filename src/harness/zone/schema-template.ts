import { rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { ContentCache } from '../domain/content-cache.ts';
import { SPACE_MARKER } from '../domain/ledger.ts';
import { H2_ACCOUNT, H2_SOURCE } from '../domain/node-database.ts';
import { blocked } from '../domain/step-error.ts';
import { runCommand } from '../support/run-command.ts';
import {
  migrate,
  migratedNodeArgs,
  migrationJvmArgs,
  migrationKey,
  STORED_BY_SERVICES,
  type Migration,
} from './migration.ts';
import { jvmWords } from '../support/words.ts';

/** Raised when what an entry of the cache holds changes without the releases changing. */
const FORMAT = 4;
const DATABASE = 'persistence.mv.db';

export interface SchemaTemplate {
  /** Absolute; to be copied to `persistence.mv.db` of a node's base directory. */
  readonly database: string;
  /** What the node must be started with. */
  readonly nodeArgs: readonly string[];
}

/**
 * The empty H2 database of a release with a set of CorDapps, migrated once and kept. It holds tables and no identity: no
 * node was ever started on it. Releases that make their tables at their first start have none: a node of these cannot be had
 * to make them without writing its own identity beside.
 * @throws StepError blocked (schema) with the node's own words
 */
export async function schemaTemplate(migration: Migration, cache: ContentCache): Promise<SchemaTemplate> {
  const key = migrationKey(migration, FORMAT);
  const nodeArgs = migratedNodeArgs(migration);
  const folder = await cache.entry({ kind: 'schema', key, step: 'schema' }, async (made) => {
    const scratch = join(made, 'scratch');
    await migrate(migration, { scratch, dataSource: H2_SOURCE, drivers: [] });
    if (nodeArgs.length > 0) await forgetScratchNetwork(migration, join(scratch, DATABASE));
    await rename(join(scratch, DATABASE), join(made, DATABASE));
    await rm(scratch, { recursive: true });
  });
  return { database: join(folder, DATABASE), nodeArgs };
}

/** H2's own shell, from the release's jars, takes out what a template must not hold. */
async function forgetScratchNetwork(migration: Migration, database: string): Promise<void> {
  const { kit, runtime, marker, limit, signal } = migration;
  const url = `jdbc:h2:${database.slice(0, -'.mv.db'.length)};IFEXISTS=TRUE`;
  const sql = STORED_BY_SERVICES.map((table) => `delete from ${table}`).join('; ');
  const what = `emptying the schema template of Corda ${kit.release.version}`;
  const { user, password } = H2_ACCOUNT;
  const shell = ['org.h2.tools.Shell', '-url', url, '-user', user, '-password', password, '-sql', sql];
  const { code, output } = await runCommand({
    name: what,
    file: runtime.java,
    args: [...migrationJvmArgs(runtime), '-cp', kit.classPath.join(delimiter), ...shell],
    env: { LC_ALL: 'C.UTF-8', [SPACE_MARKER]: marker },
    limit,
    signal,
  });
  if (code !== 0) throw blocked('schema', `${what} failed: “${jvmWords(output)[0] ?? '(nothing)'}”`);
}
