import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildRecipe, Release } from '../../src/harness/config/release.ts';
import { findJava } from '../../src/harness/releases/java.ts';
import { nodeKit } from '../../src/harness/releases/kit.ts';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { runCommand, type CommandResult } from '../../src/harness/support/run-command.ts';
import { gitRig, type GitRig } from '../../test/rig/git-rig.ts';
import type { Bench } from '../lib/bench.ts';
import { cordaSource } from './corda-source/corda-source.ts';
import type { Store } from './store.ts';
import type { JavaRuntime } from '../../src/harness/releases/artefacts.ts';

const VERSION = '4.8';
const NODE: Release = { id: VERSION, source: { kind: 'maven', version: VERSION }, cordapps: [], jvmArgs: [] };
const LIMIT_MS = 900_000;

/** One revision that neither way has ever seen, and where each way works. */
export interface Place {
  readonly bench: Bench;
  readonly store: Store;
  readonly folder: string;
  /** Of the node. */
  readonly version: string;
  readonly jdk: JavaRuntime;
  readonly git: GitRig;
  /** What is built: a ref of it. */
  readonly ref: string;
  readonly commit: string;
  /** How the node and the CorDapp are built, as the matrix has it: by the same command. */
  readonly build: Recipes;
  /** The node's libraries, to compile against. */
  readonly libraries: readonly string[];
}

type Recipes = Readonly<Record<'node' | 'cordapps', BuildRecipe>>;

interface PlaceOptions {
  readonly store: Store;
  readonly name: string;
  readonly kind: BuildKind;
}

/** The rig's own build takes about a second; the long one compiles a part of Corda as well. */
export type BuildKind = 'short' | 'long';

/**
 * A real repository whose build yields a real node and compiles a CorDapp. The node's jar has one file more, other
 * every time: no layer, no unpacked jar and no compiled class of an earlier round or of a test is of use for it.
 */
export async function newPlace(bench: Bench, { store, name, kind }: PlaceOptions): Promise<Place> {
  const { releases } = bench.resources;
  const kit = await nodeKit(await resolveRelease(NODE, releases), releases);
  const jdk = await findJava({ major: 8, compiler: true }, releases);
  const folder = join(bench.folder, name);
  const node = join(folder, `corda-${VERSION}.jar`);
  await mkdir(folder);
  await copyFile(kit.release.node.file, node);
  await writeFile(join(folder, 'bench.txt'), `${bench.runId} ${name}\n`);
  const lib = dirname(kit.agent.jar);
  const git = await gitRig({ folder, node, lib });
  const revision = kind === 'long' ? await withCorda(git, lib, bench) : asItIs(git);
  const libraries = kit.classPath.filter((jar) => dirname(jar) === lib);
  const place = { bench, store, folder, version: VERSION, jdk, git, libraries, ...revision };
  await run(place, { file: join(jdk.home, 'bin/jar'), args: ['uf', node, '-C', folder, 'bench.txt'], cwd: folder });
  return place;
}

type Revision = Pick<Place, 'ref' | 'commit' | 'build'>;

function asItIs(git: GitRig): Revision {
  const ref = 'v1';
  const { source } = git.release(ref);
  if (source.kind !== 'git' || !source.build.node || !source.build.cordapps)
    throw new Error('the rig has other recipes');
  return { ref, commit: git.commits.v1, build: { node: source.build.node, cordapps: source.build.cordapps } };
}

/** One build for node and CorDapps: as long as their commands are the same, ours runs it once. */
async function withCorda(git: GitRig, lib: string, { resources }: Bench): Promise<Revision> {
  const ref = 'corda';
  const { files, command } = await cordaSource(VERSION, lib, resources.releases);
  const { node, cordapps } = asItIs(git).build;
  const longer = (recipe: BuildRecipe) => ({ ...recipe, command: `${recipe.command} && ${command}` });
  return { ref, commit: await git.commit(ref, files), build: { node: longer(node), cordapps: longer(cordapps) } };
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program with what builds are given, and no more. @throws Error where it fails */
export async function run({ bench, folder, jdk, store }: Place, command: Command): Promise<CommandResult> {
  const { file, args, cwd, env = {} } = command;
  const path = `${join(jdk.home, 'bin')}:${process.env['PATH'] ?? '/usr/bin:/bin'}`;
  const own = { PATH: path, HOME: folder, JAVA_HOME: jdk.home, ...store.env, ...env };
  // Through env, which looks where PATH says.
  const asked = { name: file, file: '/usr/bin/env', args: [file, ...args], cwd, env: own, limit: LIMIT_MS };
  const result = await runCommand({ ...asked, signal: bench.signal });
  if (result.code === 0) return result;
  throw new Error(`${file} ${args.join(' ')} ended with ${result.code}: ${result.output.slice(-3_000)}`);
}
