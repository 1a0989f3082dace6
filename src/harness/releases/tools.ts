import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import type { ContentCache } from './cache.ts';
import { sha256Of } from './download.ts';
import { type JvmTools, AGENT_FILE } from './jvm-tools.ts';
import type { CordappArtefact, JavaRuntime, NodeKit } from './artefacts.ts';
import { readJarFacts } from '../inspect/jar-facts.ts';
import { blocked, notBuilt } from '../support/step-error.ts';
import type { Progress } from '../support/progress.ts';
import { runCommand, type CommandOptions, type CommandResult } from '../support/run-command.ts';
import { digest } from '../support/once.ts';

/** Raised when the content of a cache entry changes without its sources changing. */
const FORMAT = 3;
const SOURCES = fileURLToPath(new URL('../../jvm/', import.meta.url));
const LOGGING = 'compat-log4j2.xml';
const PARTS = ['agent', 'driver', 'healthcheck', 'http'];
/** On the classes that make certificates and network parameters: 3.x has them elsewhere. */
const PARTS_4X = ['common', 'minter', 'zone'];

export interface BuildToolsOptions {
  /** The release to compile against. 3.x: agent, driver and healthcheck only. */
  readonly kit: NodeKit;
  /** Must have a `javac`. */
  readonly jdk: JavaRuntime;
  readonly cache: ContentCache;
  readonly progress: Progress;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * Compiles `src/jvm` against a release's own jars, once for the same sources, jars and compiler.
 * @throws StepError not-built (build) with javac's own words
 */
export async function buildTools(options: BuildToolsOptions): Promise<JvmTools> {
  const { kit, jdk, cache } = options;
  const minter = kit.release.facts.rpc === 'amqp';
  const sources = await sourcesOf(minter ? [...PARTS, ...PARTS_4X] : PARTS);
  const key = digest([FORMAT, jdk.version, kit.release.node.sha256, ...sources.map(({ path, text }) => [path, text])]);
  const folder = await cache.entry({ kind: 'tools', key, step: 'build' }, (made) => compile(options, sources, made));
  return {
    compiledAgainst: kit.release.version,
    digest: key,
    classes: join(folder, 'classes'),
    minter,
    healthcheck: await healthcheckArtefact(join(folder, HEALTHCHECK_JAR.name)),
    agent: join(folder, AGENT_JAR.name),
  };
}

interface Source {
  /** Below src/jvm. */
  readonly path: string;
  readonly text: string;
}

async function sourcesOf(parts: readonly string[]): Promise<readonly Source[]> {
  const all = await readdir(SOURCES, { recursive: true });
  const wanted = all.filter((path) => path === LOGGING || parts.some((part) => path.startsWith(`${part}/`)));
  const files = wanted.filter((path) => path.endsWith('.java') || path.endsWith('.xml')).sort();
  return await Promise.all(files.map(async (path) => ({ path, text: await readFile(join(SOURCES, path), 'utf8') })));
}

/** Compiles sources of ours for Java 8, whatever the JDK is. @throws StepError blocked where it has no compiler */
export async function runJavac(
  { javac, major, home, origin }: JavaRuntime,
  { what, args, ...run }: Pick<CommandOptions, 'name' | 'args' | 'limit' | 'signal'> & { readonly what: string },
): Promise<CommandResult> {
  if (javac === undefined) {
    throw blocked('java', `${home} (${origin}) has no javac, which compiles ${what}. Run npx corda-compat doctor`);
  }
  const level = major === 8 ? ['-source', '1.8', '-target', '1.8'] : ['--release', '8', '-Xlint:-options'];
  const flags = [...level, '-proc:none', '-encoding', 'UTF-8'];
  return await runCommand({ ...run, file: javac, args: [...flags, ...args], env: { LC_ALL: 'C.UTF-8' } });
}

async function compile(options: BuildToolsOptions, sources: readonly Source[], folder: string): Promise<void> {
  const { kit, jdk, progress, limit, signal } = options;
  progress.say(`compiling driver and healthcheck against Corda ${kit.release.version}`);
  const classes = join(folder, 'classes');
  await mkdir(classes);
  const files = sources.filter(({ path }) => path.endsWith('.java')).map(({ path }) => join(SOURCES, path));
  // Names of parameters are what Corda's serialization knows constructors by. No names of variables: the healthcheck's
  // bytes, and so its checksum, are the same for every release.
  const flags = ['-parameters', '-g:source,lines', '-d', classes, '-cp', kit.classPath.join(delimiter)];
  const name = `javac against Corda ${kit.release.version}`;
  const result = await runJavac(jdk, { what: "the harness's driver", name, args: [...flags, ...files], limit, signal });
  if (result.code !== 0) {
    const words = result.output.trim().split('\n').slice(0, 40);
    const first = words.find((line) => line.includes('error:')) ?? words[0] ?? '(nothing)';
    const what = `src/jvm does not compile against Corda ${kit.release.version} with ${jdk.javac}`;
    throw notBuilt('build', `${what}: ${first}`, { words });
  }
  await copyFile(join(SOURCES, LOGGING), join(classes, LOGGING));
  await writeOwnJar(HEALTHCHECK_JAR, classes, folder);
  await writeOwnJar(AGENT_JAR, classes, folder);
}

async function healthcheckArtefact(file: string): Promise<CordappArtefact> {
  const [{ sha256 }, facts] = await Promise.all([sha256Of(file), readJarFacts(file)]);
  return { file, name: HEALTHCHECK_JAR.name, sha256, origin: 'src/jvm/healthcheck', signed: false, facts };
}

/** A jar of classes that the harness compiled. */
export interface OwnJar {
  readonly name: string;
  /** Folder of its classes, below the folder of all. */
  readonly classes: string;
  /** Its manifest's attributes, in order. */
  readonly manifest: Readonly<Record<string, string>>;
}

/** The CorDapp by which health is asked. */
export const HEALTHCHECK_JAR: OwnJar = {
  name: 'corda-compat-healthcheck.jar',
  classes: 'compat/healthcheck',
  manifest: {
    'Cordapp-Contract-Name': 'Corda Compat healthcheck',
    'Cordapp-Contract-Version': '1',
    'Cordapp-Contract-Vendor': 'corda-compat',
    'Cordapp-Contract-Licence': 'Apache-2.0',
    'Min-Platform-Version': '1',
    'Target-Platform-Version': '1',
  },
};

/** The agent that starts the release's own Jolokia agent. */
const AGENT_JAR: OwnJar = {
  name: AGENT_FILE,
  classes: 'compat/agent',
  manifest: { 'Premain-Class': 'compat.agent.JolokiaInOrder' },
};

/** Entries of a jar that is the same everywhere: any fixed date will do, and zlib differs between versions of Node. */
export const STORED = { mtime: new Date(2020, 0, 1), mode: 0o100644, compress: false, forceDosTimestamp: true };

/**
 * Packs compiled classes. The same classes give the same bytes: contracts are known to a network by the jar's hash, so
 * entries are sorted, dated alike and stored rather than compressed.
 * @param classes folder of all classes
 * @returns the jar's file, below `folder`
 */
export async function writeOwnJar(jar: OwnJar, classes: string, folder: string): Promise<string> {
  const zip = new yazl.ZipFile();
  const attributes = Object.entries({ 'Manifest-Version': '1.0', ...jar.manifest });
  const lines = attributes.map(([name, value]) => `${name}: ${value}`);
  zip.addBuffer(Buffer.from([...lines, '', ''].join('\r\n')), 'META-INF/MANIFEST.MF', STORED);
  const names = (await readdir(join(classes, jar.classes))).sort();
  for (const name of names) {
    zip.addBuffer(await readFile(join(classes, jar.classes, name)), `${jar.classes}/${name}`, STORED);
  }
  zip.end();
  const file = join(folder, jar.name);
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}
