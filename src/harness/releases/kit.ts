import { createWriteStream } from 'node:fs';
import { stat, writeFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { NodeKit, ResolvedRelease } from './artefacts.ts';
import { notBuilt } from '../support/step-error.ts';
import type { ReleasesContext } from './context.ts';
import { once } from '../support/once.ts';
import { withJar, NotAJar } from '../support/jar.ts';
import { parseSections } from '../inspect/manifest.ts';
import { errorCode } from './cache-folder.ts';

/** Kept beside the jars: their order decides which class wins, their sizes whether they are still whole. */
const LIST = 'jars.json';
/** Every release from 3.2 on has it; its capsule loads it where `jmxMonitoringHttpPort` is set. */
const JOLOKIA = /^jolokia-jvm-.*-agent\.jar$/;
const listSchema = z.array(z.object({ name: z.string(), size: z.number() }));

/**
 * The facts to start a node of a release without the capsule's parent process. Each capsule is unpacked once.
 *
 * @throws StepError not-built for a capsule that cannot be started so, blocked for a full disk
 */
export async function nodeKit(release: ResolvedRelease, ctx: ReleasesContext): Promise<NodeKit> {
  return once(ctx.known.kits, `${release.release.id} ${release.node.sha256}`, () => makeKit(release, ctx));
}

async function makeKit(release: ResolvedRelease, ctx: ReleasesContext): Promise<NodeKit> {
  const { node, facts } = release;
  const manifest = await readCapsule(node.file, node.origin);
  const folder = await unpacked(release, ctx);
  const jars = (await readList(folder)).map(({ name }) => join(folder, name));
  const jolokia = jars.find((jar) => JOLOKIA.test(basename(jar)));
  return {
    release,
    // The capsule itself holds log4j2.xml and corda-reference.conf, which must win.
    classPath: [node.file, ...jars],
    // Read at the tags' CordaCaplet.java: only 3.x puts CorDapps on the class path itself.
    classPathFolders: facts.cli === 'flags' ? ['cordapps', 'plugins'] : ['drivers'],
    agent: agentOf(manifest, { origin: node.origin, folder, jars }),
    ...(jolokia === undefined ? {} : { jolokia }),
    jvmArgs: manifest.jvmArgs,
    mainClass: manifest.mainClass,
  };
}

async function unpacked({ node }: ResolvedRelease, ctx: ReleasesContext): Promise<string> {
  const entry = { kind: 'kit', key: node.sha256 };
  const unpack = (folder: string) => unpackJars(node.file, folder, ctx);
  const folder = await ctx.cache.entry(entry, unpack);
  if (await isWhole(folder)) return folder;
  ctx.progress.say(`${folder} is damaged: unpacking ${node.name} again`);
  await ctx.cache.remove(entry);
  return ctx.cache.entry(entry, unpack);
}

async function unpackJars(capsule: string, folder: string, ctx: ReleasesContext): Promise<void> {
  const list = await withJar(capsule, async (jar) => {
    const names = jar.names.filter((name) => /^[^/\\]+\.jar$/.test(name));
    const sizes: z.infer<typeof listSchema> = [];
    for (const name of names) {
      const file = join(folder, name);
      await pipeline(await jar.stream(name), createWriteStream(file), { signal: ctx.signal });
      sizes.push({ name, size: (await stat(file)).size });
    }
    return sizes;
  });
  await writeFile(join(folder, LIST), JSON.stringify(list));
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const list = await readList(folder);
    const isSound = await Promise.all(
      list.map(async ({ name, size }) => (await stat(join(folder, name))).size === size),
    );
    return isSound.every(Boolean);
  } catch {
    return false;
  }
}

async function readList(folder: string): Promise<z.infer<typeof listSchema>> {
  return listSchema.parse(JSON.parse(await readFile(join(folder, LIST), 'utf8')));
}

function agentOf(
  { agents }: CapsuleManifest,
  { origin, folder, jars }: { origin: string; folder: string; jars: readonly string[] },
): NodeKit['agent'] {
  const [agent, ...others] = agents;
  const name = agent?.split('=', 1)[0] ?? '';
  const jar = join(folder, name);
  if (agent === undefined || others.length > 0 || !jars.includes(jar)) {
    const found = agents.map((text) => text.slice(0, 60)).join(' ') || 'none';
    throw notBuilt('build', `${origin}: its manifest must name one Java agent among its own jars; it names ${found}.`);
  }
  return { jar, options: agent.slice(name.length + 1) };
}

/** The content of a node capsule's manifest. */
export interface CapsuleManifest {
  /** `Corda-Release-Version`, else `Application-Version`; undefined where neither is there. */
  readonly version: string | undefined;
  readonly platformVersion: number;
  readonly mainClass: string;
  /** Java agents as `jar` or `jar=options`, the jar being one of the capsule's. */
  readonly agents: readonly string[];
  readonly jvmArgs: readonly string[];
}

const NEEDED = ['Application-Class', 'Java-Agents', 'Corda-Platform-Version'];

/**
 * Reads a node capsule's manifest. `what` names the jar in errors (`release mine (./dist/corda.jar)`).
 * @throws StepError not-built for a jar that is no capsule
 */
export async function readCapsule(file: string, what: string): Promise<CapsuleManifest> {
  const manifest = await readManifest(file, what);
  const missing = NEEDED.filter((name) => !manifest.get(name));
  const platformVersion = Number(manifest.get('Corda-Platform-Version'));
  if (missing.length > 0 || !Number.isInteger(platformVersion)) {
    const names = ['Main-Class', 'Automatic-Module-Name', 'Implementation-Title', 'Corda-Release-Version', ...NEEDED];
    const named = names.filter((name) => manifest.get(name));
    const found = named.map((name) => `${name}: ${manifest.get(name)?.slice(0, 60)}`);
    throw noCapsule(what, `its manifest has no ${missing.join(', ')} (found: ${found.join(', ') || 'none of ours'})`);
  }
  return {
    version: manifest.get('Corda-Release-Version') ?? manifest.get('Application-Version'),
    platformVersion,
    mainClass: manifest.get('Application-Class') ?? '',
    agents: wordsOf(manifest.get('Java-Agents')),
    jvmArgs: wordsOf(manifest.get('JVM-Args')),
  };
}

async function readManifest(file: string, what: string): Promise<Manifest> {
  try {
    const bytes = await withJar(file, (jar) => jar.read('META-INF/MANIFEST.MF'));
    if (!bytes) throw noCapsule(what, 'it has no manifest');
    return parseSections(bytes)[0]?.attributes ?? new Map();
  } catch (cause) {
    if (cause instanceof NotAJar) throw noCapsule(what, cause.found, { cause });
    if (errorCode(cause) === 'ENOENT') throw notBuilt('resolve', `${what}: there is no file ${file}.`, { cause });
    throw cause;
  }
}

function noCapsule(what: string, why: string, options?: ErrorOptions): Error {
  const advice = 'Build a node capsule with :node:capsule:buildCordaJAR, or take net.corda:corda of a Maven repository';
  return notBuilt('resolve', `${what} is no node capsule: ${why}. ${advice}.`, options);
}

function wordsOf(text: string | undefined): readonly string[] {
  return text?.split(/\s+/).filter((word) => word !== '') ?? [];
}

/** Attributes of a jar's manifest, main section only. */
type Manifest = ReadonlyMap<string, string>;
