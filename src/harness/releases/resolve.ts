import { basename, resolve } from 'node:path';
import { shownRepository, type Release } from '../config/release.ts';
import { KNOWN_LINES, platformFactsOf, type PlatformFacts } from '../corda/facts.ts';
import { notBuilt, blocked } from '../support/step-error.ts';
import { readCapsule, type CapsuleManifest } from './kit.ts';
import { errorCode } from './cache-folder.ts';
import type { ReleasesContext } from './context.ts';
import { once } from '../support/once.ts';
import { resolveCordapp } from './cordapps.ts';
import { sha256Of } from './download.ts';
import { builtRelease, withoutBuilt } from './git/built-release.ts';
import { downloadArtefact, requireListed } from './maven.ts';
import { parseCoordinate, mavenRepository } from './maven-repository.ts';
import { withJar } from '../support/jar.ts';
import type { Artefact, CordappArtefact, ResolvedRelease } from './artefacts.ts';

/**
 * Fetches a release's node jar and CorDapps and reads their manifests; once per run for the same release.
 *
 * @throws StepError not-built (unknown version, no capsule, wrong content) or blocked (network, disk)
 */
export async function resolveRelease(release: Release, ctx: ReleasesContext): Promise<ResolvedRelease> {
  return once(ctx.known.releases, JSON.stringify(release), () => resolveNow(release, ctx));
}

async function resolveNow(release: Release, ctx: ReleasesContext): Promise<ResolvedRelease> {
  const { source } = release;
  if (source.kind === 'jar') return resolveJar(release, source.path, ctx);
  if (source.kind === 'git') return resolveGit(release, ctx);
  const coordinate = `net.corda:corda:${source.version}`;
  if (!platformFactsOf(source.version)) await explainUnknown(release, coordinate, ctx);
  // The version is known beforehand, so that the CorDapps need not wait for the node's 80 MB.
  const [node, cordapps] = await bothEnded(
    downloadArtefact(coordinate, ctx),
    resolveCordapps(release, source.version, ctx),
  );
  const manifest = await readCapsule(node.file, describe(release));
  return assemble(release, { node, manifest, version: manifest.version ?? source.version, cordapps }, ctx);
}

async function resolveJar(release: Release, path: string, ctx: ReleasesContext): Promise<ResolvedRelease> {
  const node = await localNode(release, path, ctx);
  const { manifest, version } = await readVersioned(release, node);
  const cordapps = await resolveCordapps(release, version, ctx);
  return assemble(release, { node, manifest, version, cordapps }, ctx);
}

async function resolveGit(release: Release, ctx: ReleasesContext): Promise<ResolvedRelease> {
  const { node, cordapps: own, built } = await builtRelease(release, ctx);
  const { manifest, version } = await readVersioned(release, node);
  const others = withoutBuilt(release.cordapps, own);
  const named = await resolveCordapps({ ...release, cordapps: others }, version, ctx);
  return { ...assemble(release, { node, manifest, version, cordapps: [...own, ...named] }, ctx), built };
}

/** The version in a jar's own manifest, if the matrix does not name it. */
async function readVersioned(release: Release, node: Artefact) {
  const manifest = await readCapsule(node.file, describe(release));
  const { version } = manifest;
  if (version === undefined) {
    throw notBuilt('resolve', `${describe(release)} (${node.file}): its manifest has no Corda-Release-Version.`);
  }
  factsOf(release, version);
  return { manifest, version };
}

function assemble(
  release: Release,
  parts: Pick<ResolvedRelease, 'node' | 'version' | 'cordapps'> & { readonly manifest: CapsuleManifest },
  ctx: ReleasesContext,
): ResolvedRelease {
  const { node, version, manifest } = parts;
  const known = factsOf(release, version);
  const { platformVersion } = manifest;
  if (platformVersion !== known.platformVersion) {
    const words = `its manifest has platform version ${platformVersion}, but line ${known.line} has ${known.platformVersion}`;
    ctx.progress.say(`${describe(release)}: ${words}; using the manifest`);
  }
  const facts = { ...known, platformVersion };
  const cordapps = distinct(parts.cordapps, ctx);
  return { release, node, version, facts, java: release.java ?? facts.java, cordapps };
}

/** A version that does not exist is reported before a line without facts: most often it is a typing error. */
async function explainUnknown(release: Release, text: string, ctx: ReleasesContext): Promise<void> {
  const coordinate = parseCoordinate(text, 'resolve');
  await requireListed({ coordinate, repository: await mavenRepository(ctx), step: 'resolve' }, ctx);
  factsOf(release, coordinate.version);
}

/** Both values, or the first error once both have ended: a download must not outlive the step that wanted it. */
async function bothEnded<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/** The harness guesses no line from its neighbours: its own errors with the line would read as an incompatibility. */
function factsOf(release: Release, version: string): PlatformFacts {
  const facts = platformFactsOf(version);
  if (facts) return facts;
  const what = `${describe(release)}: the harness does not know version ${version}`;
  const advice = 'A new line needs a row in src/harness/corda/facts.ts';
  throw notBuilt('resolve', `${what}. Known lines: ${KNOWN_LINES.join(', ')}. ${advice}.`);
}

async function resolveCordapps(release: Release, version: string, ctx: ReleasesContext) {
  const resolving = release.cordapps.map((source) => resolveCordapp(source, version, ctx));
  await Promise.allSettled(resolving);
  return Promise.all(resolving);
}

/** Each jar once, under a name that no other jar of the run has: nodes and drivers have them in one folder. */
function distinct(cordapps: readonly CordappArtefact[], { known }: ReleasesContext): readonly CordappArtefact[] {
  const once = [...new Map(cordapps.map((cordapp) => [cordapp.sha256, cordapp])).values()];
  return once.map((cordapp) => {
    const { name, sha256 } = cordapp;
    const owner = known.cordappNames.get(name) ?? sha256;
    known.cordappNames.set(name, owner);
    return owner === sha256
      ? cordapp
      : { ...cordapp, name: name.replace(/(?:[.]jar)?$/, `-${sha256.slice(0, 8)}.jar`) };
  });
}

async function localNode(release: Release, path: string, ctx: ReleasesContext): Promise<Artefact> {
  const file = resolve(path);
  try {
    const { sha256 } = await sha256Of(file, ctx.signal);
    return { file, name: basename(file), sha256, origin: path };
  } catch (cause) {
    ctx.signal.throwIfAborted();
    if (errorCode(cause) === undefined) throw cause;
    throw notBuilt('resolve', `${describe(release)}: ${(cause as Error).message}.`, { cause });
  }
}

function describe({ id, source }: Release): string {
  return `release ${id} (${sourceWords(source)})`;
}

function sourceWords(source: Release['source']): string {
  if (source.kind === 'jar') return source.path;
  if (source.kind === 'maven') return `net.corda:corda:${source.version}`;
  return `${source.ref} of ${shownRepository(source.repository)}`;
}

/** Flows that the suites start. */
const FLOWS = ['CashIssueFlow', 'CashPaymentFlow'].map((name) => `net/corda/finance/flows/${name}.class`);

/** The suites trade in cash: looks for its flows in a release's CorDapps. @throws StepError blocked (cordapps) */
export async function requireCashFlows({ release, version, facts, cordapps }: ResolvedRelease): Promise<void> {
  const names = await Promise.all(cordapps.map(({ file }) => withJar(file, (jar) => Promise.resolve(jar.names))));
  const present = new Set(names.flat());
  const missing = FLOWS.filter((flow) => !present.has(flow));
  if (missing.length === 0) return;
  const searched = cordapps.map(({ name, origin }) => `${name} (${origin})`).join(', ') || 'no CorDapps at all';
  const artifacts = facts.rpc === 'kryo' ? ['corda-finance'] : ['corda-finance-contracts', 'corda-finance-workflows'];
  const what = `Release ${release.id} (${version}) cannot trade: no ${missing.join(', ')} in ${searched}`;
  const wanted = artifacts.map((artifact) => `"net.corda:${artifact}:{version}"`).join(' and ');
  throw blocked('cordapps', `${what}. Add ${wanted} to its "cordapps".`);
}
