import { rename, rm, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { ContentCache } from '../releases/cache.ts';
import { SPACE_MARKER } from '../cleanup/ledger.ts';
import { H2_ACCOUNT, H2_SOURCE, type DataSource } from '../corda/database.ts';
import { blocked } from '../support/step-error.ts';
import { runCommand } from '../support/run-command.ts';
import { jvmWords, messageOf } from '../support/words.ts';
import type { JvmTools } from '../releases/jvm-tools.ts';
import type { Artefact, CordappArtefact, JavaRuntime, NodeKit } from '../releases/artefacts.ts';
import { mint } from './mint.ts';
import { Contents } from '../inspect/contents.ts';
import { digest } from '../support/once.ts';

/** Raised when the content of a cache entry changes without the releases changing. */
const FORMAT = 4;
const DATABASE = 'persistence.mv.db';

export interface SchemaTemplate {
  /** Absolute; to be copied to `persistence.mv.db` of a node's base directory. */
  readonly database: string;
  /** Settings that the node must start with. */
  readonly nodeArgs: readonly string[];
}

/**
 * The empty H2 database of a release with a set of CorDapps, migrated once and kept. It holds tables and no identity,
 * since no node ever started on it. Releases that make their tables at their first start have none: such a node also
 * writes its identity.
 *
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

/** H2's own shell, from the release's jars, removes rows that a template must not hold. */
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

const HIBERNATE = '--allow-hibernate-to-manage-app-schema';
const MIGRATION = ['run-migration-scripts', '--core-schemas', '--app-schemas', '--base-directory'];
const PARTY = 'O=Template, L=London, C=GB';
const NOWHERE = 'localhost:1';

/**
 * Tables of the services that make Hibernate's tables, which a template must not fill: the parameters of the network,
 * and the CorDapps of the node. In the order in which they can be emptied.
 */
export const STORED_BY_SERVICES: readonly string[] = [
  'node_attachments_contracts',
  'node_attachments_signers',
  'node_attachments',
  'node_network_parameters',
];

export interface Migration {
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** All CorDapps that the node will carry, the healthcheck included. */
  readonly cordapps: readonly CordappArtefact[];
  /** Notaries have tables of their own. */
  readonly notary: boolean;
  /** Mints the files that the migration has to read; compiled against `minting.kit`, any 4.x release. */
  readonly minting: { readonly tools: JvmTools; readonly kit: NodeKit; readonly runtime: JavaRuntime };
  /** Marks the processes (`SPACE_MARKER`). */
  readonly marker: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Log of a failed migration's console. */
  readonly logFile: string;
}

/** A release from 4.6 on refuses tables without migration scripts unless Hibernate may make them (dev mode only). */
export function needsHibernateSchema(cordapps: readonly Pick<CordappArtefact, 'facts'>[]): boolean {
  return new Contents(cordapps.map(({ facts }) => facts)).schemasWithoutScripts().length > 0;
}

/** Settings that a node must start with after a migration. */
export function migratedNodeArgs({ cordapps }: Pick<Migration, 'cordapps'>): readonly string[] {
  return needsHibernateSchema(cordapps) ? [HIBERNATE] : [];
}

/** Digest of all inputs of the tables. The release id is none of them: two ids may stand for the same jar. */
export function migrationKey(migration: Migration, format: number): string {
  const { kit, cordapps, notary } = migration;
  const jars = cordapps.map(({ sha256 }) => sha256).toSorted();
  const parts = [format, kit.release.node.sha256, jars, migratedNodeArgs(migration), notary];
  return digest(parts);
}

/** Whether a release's tables are made by a migration, and not by its nodes' first start. */
export function isMigrated({ kit }: Migration): boolean {
  return kit.release.facts.schema !== 'at-start';
}

/** The place in which tables are made. */
export interface MigrationTarget {
  /** A folder of the migration's own; it does not remove files that are in its way. */
  readonly scratch: string;
  readonly dataSource: DataSource;
  /** JDBC drivers beside the release's own. */
  readonly drivers: readonly Artefact[];
}

/**
 * Makes the tables of a release with a set of CorDapps, as an operator does. No node ever started on them.
 *
 * @throws StepError blocked (schema) with the node's own words
 */
export async function migrate(migration: Migration, { scratch, dataSource, drivers }: MigrationTarget): Promise<void> {
  const { kit, cordapps, notary, minting, marker, limit, signal, logFile } = migration;
  await mkdir(join(scratch, 'cordapps'), { recursive: true });
  await Promise.all(cordapps.map(({ file, name }) => copyFile(file, join(scratch, 'cordapps', name))));
  await writeFile(join(scratch, 'node.conf'), nodeConf(notary, dataSource), { mode: 0o600 });
  if (needsHibernateSchema(cordapps)) {
    // Hibernate's tables are made by services that read the network's parameters: any will do.
    const { platformVersion } = kit.release.facts;
    const node = { baseDirectory: scratch, party: PARTY, platformVersion, p2p: NOWHERE };
    const spec = { minimumPlatformVersion: 'auto', nodes: [node], cordapps: [] } as const;
    await mint(spec, { ...minting, marker, limit, signal, logFile });
  }
  const what = `database schema of Corda ${kit.release.version}${notary ? ' as a notary' : ''}`;
  const result = await runMigration(migration, { scratch, drivers, what });
  if (result.code === 0) return;
  const words = jvmWords(result.output);
  const how = result.signal ?? `status ${result.code}`;
  const said = words[0] ?? '(nothing)';
  throw blocked('schema', `${what}: run-migration-scripts ended with ${how}: “${said}”; log: ${logFile}`, { words });
}

async function runMigration(
  migration: Migration,
  { scratch, drivers, what }: { scratch: string; drivers: readonly Artefact[]; what: string },
): ReturnType<typeof runCommand> {
  const { kit, runtime, marker, limit, signal, logFile } = migration;
  const classPath = [...kit.classPath, ...drivers.map(({ file }) => file)].join(delimiter);
  const own = [
    ...migrationJvmArgs(runtime),
    // The node's console library unpacks itself there, and a killed migration leaves it behind.
    `-Djava.io.tmpdir=${scratch}`,
  ];
  return await runCommand({
    name: what,
    file: runtime.java,
    args: [...own, '-cp', classPath, kit.mainClass, ...MIGRATION, scratch, ...migratedNodeArgs(migration)],
    cwd: scratch,
    env: { LC_ALL: 'C.UTF-8', [SPACE_MARKER]: marker },
    logFile,
    limit,
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    const why = messageOf(error);
    throw blocked('schema', `${why}; log: ${logFile}`, { cause: error });
  });
}

/**
 * C1 and no verification, as for the harness's own JVMs, but the node's own logging. No flow runs, so no agent is
 * needed.
 */
function migrationJvmArgs({ major }: JavaRuntime): readonly string[] {
  const verify = major === 8 ? ['-Xverify:none'] : [];
  return ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData', ...verify];
}

/** The least that a node accepts; nothing listens while it migrates. */
function nodeConf(notary: boolean, dataSource: DataSource): string {
  const conf = {
    myLegalName: PARTY,
    p2pAddress: NOWHERE,
    rpcSettings: { address: 'localhost:2', adminAddress: 'localhost:3' },
    devMode: true,
    dataSourceProperties: dataSource,
    ...(notary ? { notary: { validating: false } } : {}),
  };
  return JSON.stringify(conf);
}
