import { join } from 'node:path';
import { checkCapacity, THIS_MACHINE, type Machine } from '../../harness/providers/local/local-provider.ts';
import { NODE_MEMORY_MB } from '../../harness/plan/memory.ts';
import { defaultStateRoot, exists } from '../../harness/support/files.ts';
import { messageOf } from '../../harness/support/words.ts';
import type { Check } from './check.ts';
import { type JavaMajor, platformFactsOf } from '../../harness/corda/facts.ts';
import { type GitSource, type Release, shortSha, shownRepository } from '../../harness/config/release.ts';
import { loadCells } from '../../harness/config/expand.ts';
import type { LoadOptions } from '../../harness/config/load.ts';
import { MatrixError } from '../../harness/config/problems.ts';
import type { ReleasesContext } from '../../harness/releases/context.ts';
import { debianMirror } from '../../harness/releases/debian.ts';
import { HttpError, request } from '../../harness/releases/http.ts';
import { explainJava } from '../../harness/releases/java.ts';
import { variableOr } from '../../harness/config/variables.ts';
import { mavenRepository } from '../../harness/releases/maven-repository.ts';
import { StepError } from '../../harness/support/step-error.ts';
import { lookUpRef } from '../../harness/releases/git/refs.ts';

/** Node jar, the same unpacked, schema templates: measured 250 to 300 MB a release; Java once: 250 MB. */
const CACHE_MB = { release: 300, java: 250 };

/** Checks that this Node can run the program. `engines` is package.json's condition, for example `>=20.19`. */
export function nodeCheck(version: string, engines: string): Check {
  const wanted = numbersOf(engines);
  const [major = 0, minor = 0] = numbersOf(version);
  const [wantedMajor = 0, wantedMinor = 0] = wanted;
  const enough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  const found = `${version}; needs ${engines}`;
  if (enough) return { name: 'node', state: 'ok', found };
  return { name: 'node', state: 'missing', found, mend: `install Node ${wanted.join('.')} or newer (nvm install 20)` };
}

/** Checks that a cell of so many nodes fits on this machine now. */
export async function capacityCheck(nodes: number, machine: Machine = THIS_MACHINE): Promise<Check> {
  const root = defaultStateRoot();
  const nodesMb = Array.from({ length: nodes }, () => NODE_MEMORY_MB);
  const found = `${machine.availableMemoryMb()} MB of memory, ${await machine.freeDiskMb(root)} MB of disk in ${root}`;
  try {
    await checkCapacity(machine, { nodesMb, promisedMb: 0, root });
    return { name: 'room', state: 'ok', found: `${found}: enough for a cell of ${nodes} nodes` };
  } catch (error) {
    return { name: 'room', state: 'missing', found, mend: messageOf(error) };
  }
}

/** Checks that the releases of the matrix fit into the cache, as if it were empty. */
export async function cacheCheck(options: { folder: string; releases: number; machine?: Machine }): Promise<Check> {
  const { folder, releases, machine = THIS_MACHINE } = options;
  const free = await machine.freeDiskMb(folder);
  const wanted = releases * CACHE_MB.release + CACHE_MB.java;
  const found = `${folder}, ${free} MB free`;
  if (free >= wanted) return { name: 'cache', state: 'ok', found };
  const mend = `an empty cache grows up to ${wanted} MB: make room, or set COMPAT_CACHE to a folder on a larger disk`;
  return { name: 'cache', state: 'warning', found, mend };
}

function numbersOf(version: string): number[] {
  return (version.match(/\d+/g) ?? []).map(Number);
}

/** A notary and a peer of each release. */
const NODES_OF_A_PAIR = 3;

/** The needs of a run of the matrix on this machine. */
export interface Needs {
  readonly releases: number;
  /** Nodes of the largest network. */
  readonly nodes: number;
  readonly javas: readonly JavaMajor[];
  /** Revisions that the run builds. */
  readonly git: readonly GitSource[];
  /** Whether a cell needs a Docker engine, for its containers or for images of a cluster. */
  readonly docker: boolean;
  /** Whether cells live in a cluster. */
  readonly cluster: boolean;
  /** Base images that releases name, and whether a release names none. */
  readonly bases: { readonly named: readonly string[]; readonly anyUnnamed: boolean };
}

/** Reads the matrix and its needs; without one, the needs of two 4.x releases. */
export async function matrixCheck(options: LoadOptions): Promise<{ check: Check; needs: Needs }> {
  try {
    const { cells, matrix } = await loadCells(options);
    const found = `${matrix.file}: ${matrix.releases.length} releases, ${cells.length} cells`;
    const check: Check =
      matrix.warnings.length === 0
        ? { name: 'matrix', state: 'ok', found }
        : { name: 'matrix', state: 'warning', found, tried: matrix.warnings };
    const docker = cells.some(({ provider }) => provider !== 'local');
    const cluster = cells.some(({ provider }) => provider === 'kubernetes');
    const git = matrix.releases.flatMap(({ source }) => (source.kind === 'git' ? [source] : []));
    const bases = {
      named: matrix.releases.flatMap(({ base }) => base ?? []),
      anyUnnamed: matrix.releases.some(({ base }) => base === undefined),
    };
    const javas = javasOf(matrix.releases);
    const nodes = Math.max(NODES_OF_A_PAIR, ...cells.map(({ topology }) => topology.nodes.length));
    return { check, needs: { releases: matrix.releases.length, nodes, javas, git, docker, cluster, bases } };
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    const check: Check = { name: 'matrix', state: 'missing', found: error.message, mend: 'correct the file' };
    const bases = { named: [], anyUnnamed: true };
    const none = { git: [], docker: false, cluster: false };
    return { check, needs: { releases: 2, nodes: NODES_OF_A_PAIR, javas: [8], ...none, bases } };
  }
}

/** Only an opened jar tells its Java version; most need Java 8. */
function javasOf(releases: readonly Release[]): JavaMajor[] {
  const majors = releases.map(({ java, source }) => {
    const facts = source.kind === 'maven' ? platformFactsOf(source.version) : undefined;
    return java ?? facts?.java ?? 8;
  });
  return [...new Set(majors)].sort((a, b) => a - b);
}

const JAVA_LIMIT_MS = 10_000;

/** The Java of this version that a run would use, the reasons against the other ways, and the sources to fetch one from. */
export async function javaCheck(major: JavaMajor, context: ReleasesContext): Promise<Check> {
  const name = `java ${major}`;
  const explanations = await explainJava(major, context);
  const found = explanations.find((explanation) => explanation.found)?.found;
  const tried = explanations.flatMap(({ route, why }) => (why === undefined ? [] : [`${route}: ${why}`]));
  if (found) return { name, state: 'ok', found: `${found.version} in ${found.home} (${found.origin})`, tried };
  const mend = `to use one of your own: export COMPAT_JAVA_${major}_HOME=/path/to/jdk-${major}`;
  const sources = await Promise.all(sourcesOf(context).map((source) => answers(source, context)));
  const reachable = sources.filter(({ why }) => why === undefined).map((source) => source.name);
  const silent = sources.flatMap(({ name: source, why }) => (why === undefined ? [] : [`${source}: ${why}`]));
  const all = [...tried, ...silent];
  if (reachable.length === 0) {
    return { name, state: 'missing', found: 'none here, and none can be fetched', tried: all, mend };
  }
  const fetched = `none here; a run fetches one from ${reachable.join(' or ')}`;
  return { name, state: 'warning', found: fetched, tried: all, mend };
}

interface Source {
  readonly name: string;
  readonly url: () => Promise<string>;
}

function sourcesOf({ env }: ReleasesContext): readonly Source[] {
  const adoptium = variableOr(env, 'COMPAT_ADOPTIUM_API').replace(/\/+$/, '');
  const all: readonly Source[] = [
    { name: 'Adoptium', url: () => Promise.resolve(`${adoptium}/v3/info/available_releases`) },
    { name: 'Debian packages', url: async () => `${(await debianMirror(env)).url}/dists/sid/InRelease` },
  ];
  return process.platform === 'linux' ? all : all.slice(0, 1);
}

/** Any answer of the server counts, even "not found". */
async function answers({ name, url }: Source, { signal }: ReleasesContext): Promise<{ name: string; why?: string }> {
  try {
    const answer = await request({ url: await url(), signal, limit: JAVA_LIMIT_MS });
    await answer.body?.cancel();
    return { name };
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof HttpError ? { name } : { name, why: messageOf(error) };
  }
}

const MAVEN_LIMIT_MS = 10_000;
const MEND =
  'check the network and its proxy, or name a reachable repository with COMPAT_MAVEN_REPOSITORY or a mirror in ~/.m2/settings.xml';

/** Checks that the repository of a run answers for Corda. */
export async function mavenCheck(context: ReleasesContext): Promise<Check> {
  try {
    const repository = await mavenRepository(context);
    const url = `${repository.url}/net/corda/corda/maven-metadata.xml`;
    const found = `${repository.url} (${repository.from})`;
    try {
      const answer = await request({ url, headers: repository.headers, signal: context.signal, limit: MAVEN_LIMIT_MS });
      await answer.body?.cancel();
      return { name: 'maven', state: 'ok', found: `${found} answers` };
    } catch (error) {
      context.signal.throwIfAborted();
      const state = (await exists(join(context.cache.folder, 'objects'))) ? 'warning' : 'missing';
      const warm = state === 'warning' ? '; a run can use only what the cache holds' : '';
      return { name: 'maven', state, found: `${found} does not answer${warm}`, tried: [messageOf(error)], mend: MEND };
    }
  } catch (error) {
    context.signal.throwIfAborted();
    return { name: 'maven', state: 'missing', found: 'no repository', tried: [messageOf(error)], mend: MEND };
  }
}

/** Checks git, each repository, and the commit of each ref now. Fetches nothing. */
export async function gitChecks(sources: readonly GitSource[], context: ReleasesContext): Promise<Check[]> {
  const repositories = [...new Set(sources.map(({ repository }) => repository))];
  const ofOne = (asked: string) => sources.filter(({ repository }) => repository === asked);
  return Promise.all(repositories.map((asked) => repositoryCheck(asked, ofOne(asked), context)));
}

async function repositoryCheck(
  repository: string,
  sources: readonly GitSource[],
  context: ReleasesContext,
): Promise<Check> {
  const seen = await Promise.all(sources.map((source) => look(source, context)));
  const found = [shownRepository(repository), seen.flatMap(({ words }) => words ?? []).join(', ')];
  const check = { name: 'git', found: found.filter(Boolean).join(': ') };
  const wrong = [...new Set(seen.flatMap(({ why }) => why ?? []))];
  if (wrong.length > 0) return { ...check, state: 'missing', tried: wrong, mend: 'correct the faults above' };
  const stale = seen.find((one) => one.stale !== undefined)?.stale;
  if (stale === undefined) return { ...check, state: 'ok' };
  const silent = `the repository does not answer; an earlier run saw these refs: ${stale}`;
  return { ...check, state: 'warning', tried: [silent] };
}

interface Seen {
  readonly words?: string;
  readonly stale?: string;
  readonly why?: string;
}

async function look(source: GitSource, context: ReleasesContext): Promise<Seen> {
  try {
    const { commit, stale } = await lookUpRef(source, context);
    const words = commit === undefined ? source.ref : `${source.ref} is ${shortSha(commit)}`;
    return { words, ...(stale === undefined ? {} : { stale }) };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { why: error.message };
  }
}
