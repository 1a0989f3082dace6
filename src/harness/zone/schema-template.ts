import { createHash } from 'node:crypto';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { ContentCache } from '../domain/content-cache.ts';
import type { JvmTools } from '../domain/jvm-tools.ts';
import { SPACE_MARKER } from '../domain/ledger.ts';
import { H2_ACCOUNT } from '../domain/node-database.ts';
import type { CordappArtefact, JavaRuntime, NodeKit } from '../domain/release.ts';
import { blocked } from '../domain/step-error.ts';
import { runCommand } from '../support/run-command.ts';
import { mint } from './mint.ts';
import { tellingLines } from './telling-lines.ts';

/** Raised when what an entry of the cache holds changes without the releases changing. */
const FORMAT = 4;
const DATABASE = 'persistence.mv.db';
const HIBERNATE = '--allow-hibernate-to-manage-app-schema';
const MIGRATION = ['run-migration-scripts', '--core-schemas', '--app-schemas', '--base-directory'];
const STORED = [
  'node_attachments_contracts',
  'node_attachments_signers',
  'node_attachments',
  'node_network_parameters',
];
const PARTY = 'O=Template, L=London, C=GB';
const NOWHERE = 'localhost:1';

export interface SchemaTemplateOptions {
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** All CorDapps that the node will carry, the healthcheck included. */
  readonly cordapps: readonly CordappArtefact[];
  /** Notaries have tables of their own. */
  readonly notary: boolean;
  readonly cache: ContentCache;
  /** Mints what the migration has to read; compiled against `minting.kit`, any 4.x release. */
  readonly minting: { readonly tools: JvmTools; readonly kit: NodeKit; readonly runtime: JavaRuntime };
  /** Marks the processes (`SPACE_MARKER`). */
  readonly marker: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Where a failed migration's console goes. */
  readonly logFile: string;
}

export interface SchemaTemplate {
  /** Absolute; to be copied to `persistence.mv.db` of a node's base directory. */
  readonly database: string;
  /** What the node must be started with. */
  readonly nodeArgs: readonly string[];
}

/** A release from 4.6 on refuses CorDapps without migrations unless Hibernate may make their tables (dev mode only). */
export function needsHibernateSchema(cordapps: readonly CordappArtefact[]): boolean {
  return cordapps.length > 0 && cordapps.every((cordapp) => !cordapp.hasMigrations);
}

/**
 * The empty database of a release with a set of CorDapps, migrated once and kept. It holds tables and no identity: no node
 * was ever started on it. `undefined` for releases that make their tables at their first start: a node of these cannot be
 * had to make them without writing its own identity beside.
 * @throws StepError blocked (schema) with the node's own words
 */
export async function schemaTemplate(options: SchemaTemplateOptions): Promise<SchemaTemplate | undefined> {
  const { kit, cordapps, notary, cache } = options;
  const { facts, node } = kit.release;
  if (facts.schema === 'at-start') return undefined;
  const nodeArgs = needsHibernateSchema(cordapps) ? [HIBERNATE] : [];
  const jars = cordapps.map(({ sha256 }) => sha256).toSorted();
  // Not told apart by release id: two ids may stand for the same jar.
  const key = createHash('sha256')
    .update(JSON.stringify([FORMAT, node.sha256, jars, nodeArgs, notary]))
    .digest('hex');
  const folder = await cache.entry({ kind: 'schema', key, step: 'schema' }, async (made) => {
    const scratch = join(made, 'scratch');
    await migrate(options, scratch, nodeArgs);
    if (nodeArgs.length > 0) await forgetScratchNetwork(options, join(scratch, DATABASE));
    await rename(join(scratch, DATABASE), join(made, DATABASE));
    await rm(scratch, { recursive: true });
  });
  return { database: join(folder, DATABASE), nodeArgs };
}

async function migrate(options: SchemaTemplateOptions, scratch: string, nodeArgs: readonly string[]): Promise<void> {
  const { kit, runtime, cordapps, notary, minting, marker, limit, signal, logFile } = options;
  const { facts, version } = kit.release;
  await mkdir(join(scratch, 'cordapps'), { recursive: true });
  await Promise.all(cordapps.map(({ file, name }) => copyFile(file, join(scratch, 'cordapps', name))));
  await writeFile(join(scratch, 'node.conf'), nodeConf(notary));
  if (nodeArgs.length > 0) {
    // Hibernate's tables are made by services that read the network's parameters: any will do.
    const node = { baseDirectory: scratch, party: PARTY, platformVersion: facts.platformVersion, p2p: NOWHERE };
    const spec = { minimumPlatformVersion: 'auto', nodes: [node], unsignedCordapps: [] } as const;
    await mint(spec, { ...minting, marker, limit, signal, logFile });
  }
  const what = `database schema of Corda ${version}${notary ? ' as a notary' : ''}`;
  const result = await runCommand({
    name: what,
    file: runtime.java,
    args: [
      ...jvmArgs(runtime),
      // The node's console library unpacks itself there, and a killed migration leaves it behind.
      `-Djava.io.tmpdir=${scratch}`,
      '-cp',
      kit.classPath.join(delimiter),
      kit.mainClass,
      ...MIGRATION,
      scratch,
      ...nodeArgs,
    ],
    cwd: scratch,
    env: { LC_ALL: 'C.UTF-8', [SPACE_MARKER]: marker },
    logFile,
    limit,
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw blocked('schema', `${why}; log: ${logFile}`, { cause: error });
  });
  if (result.code === 0) return;
  const words = tellingLines(result.output);
  const how = result.signal ?? `status ${result.code}`;
  throw blocked(
    'schema',
    `${what}: run-migration-scripts ended with ${how}: “${words[0] ?? '(nothing)'}”; log: ${logFile}`,
    {
      words,
    },
  );
}

/**
 * Services that make Hibernate's tables also store the parameters of the network they see and the CorDapps of the node, which
 * a template must not hold. H2's own shell, from the release's jars, takes them out again.
 */
async function forgetScratchNetwork(options: SchemaTemplateOptions, database: string): Promise<void> {
  const { kit, runtime, marker, limit, signal } = options;
  const url = `jdbc:h2:${database.slice(0, -'.mv.db'.length)};IFEXISTS=TRUE`;
  const sql = STORED.map((table) => `delete from ${table}`).join('; ');
  const what = `emptying the schema template of Corda ${kit.release.version}`;
  const shell = [
    'org.h2.tools.Shell',
    '-url',
    url,
    '-user',
    H2_ACCOUNT.user,
    '-password',
    H2_ACCOUNT.password,
    '-sql',
    sql,
  ];
  const { code, output } = await runCommand({
    name: what,
    file: runtime.java,
    args: [...jvmArgs(runtime), '-cp', kit.classPath.join(delimiter), ...shell],
    env: { LC_ALL: 'C.UTF-8', [SPACE_MARKER]: marker },
    limit,
    signal,
  });
  if (code !== 0) throw blocked('schema', `${what} failed: “${tellingLines(output)[0] ?? '(nothing)'}”`);
}

/** C1 and no verification, as of the harness's own JVMs, but the node's own logging. No flow runs, so no agent is needed. */
function jvmArgs({ major }: JavaRuntime): readonly string[] {
  const verify = major === 8 ? ['-Xverify:none'] : [];
  return ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData', ...verify];
}

/** As little as a node accepts; nothing listens while it migrates. */
function nodeConf(notary: boolean): string {
  const conf = {
    myLegalName: PARTY,
    p2pAddress: NOWHERE,
    rpcSettings: { address: 'localhost:2', adminAddress: 'localhost:3' },
    devMode: true,
    dataSourceProperties: { dataSource: { password: H2_ACCOUNT.password } },
    ...(notary ? { notary: { validating: false } } : {}),
  };
  return JSON.stringify(conf);
}
