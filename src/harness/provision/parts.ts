import type { Cell } from '../config/cell.ts';
import type { JvmTools } from '../releases/jvm-tools.ts';
import { compareMavenVersions } from '../corda/version.ts';
import type { Release } from '../config/release.ts';
import { judgeInspection, type InspectedWith } from '../inspect/verdict.ts';
import { requireCashFlows } from '../releases/resolve.ts';
import type { ReleaseReport, CordappArtefact, JavaRuntime, NodeKit, ResolvedRelease } from '../releases/artefacts.ts';
import { incompatible, notBuilt, bug } from '../support/step-error.ts';
import type { RunResources } from './run-resources.ts';
import type { CellImages } from './cell-images.ts';
import type { NodeRole } from '../corda/topology.ts';

/** A release of the cell, ready to be run. */
export interface ReleaseParts {
  readonly resolved: ResolvedRelease;
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
}

/** The harness's own JVM programs, compiled against one release. */
export interface ToolParts {
  readonly tools: JvmTools;
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
}

/** Everything a cell's network is made of, on this machine. */
export interface CellParts {
  /** By id. */
  readonly releases: ReadonlyMap<string, ReleaseParts>;
  /** Mints, and drives all nodes that speak AMQP RPC: the oldest 4.x release of the cell, or a stand-in. */
  readonly modern: ToolParts;
  /** Drives the cell's 3.x nodes, where it has any. */
  readonly kryo?: ToolParts;
  /** Goes into every node, beside its own CorDapps. */
  readonly healthcheck: CordappArtefact;
  /** Where the provider starts containers. */
  readonly images?: CellImages;
}

/** The parts of the release that a node runs. */
export function partsOf({ releases }: CellParts, node: NodeRole): ReleaseParts {
  return releases.get(node.release) ?? bug(`release ${node.release} has no parts`);
}

/** CorDapps of a node: its release's own and the healthcheck. */
export function cordappsOf(parts: CellParts, node: NodeRole): readonly CordappArtefact[] {
  return [...partsOf(parts, node).resolved.cordapps, parts.healthcheck];
}

/** Cells of 3.x alone are minted on this release's jars; 3.x cannot mint (facts: its serialization lives elsewhere). */
const STAND_IN: Release = { id: 'tools-4.5', source: { kind: 'maven', version: '4.5' }, cordapps: [], jvmArgs: [] };

/** Told what the cell's releases are made of, as soon as it is known, in the order of the cell. */
export type ToldReleases = (releases: readonly ReleaseReport[]) => void;

/** Fetches the releases of a cell; what other cells of the run have already got is not asked for again. @throws StepError */
export async function resolveReleases(
  cell: Cell,
  resources: RunResources,
  told: ToldReleases,
): Promise<readonly ResolvedRelease[]> {
  // Looked for while the jars are on their way.
  resources.prefetchJava(cell);
  const resolved = await Promise.all(cell.releases.map((release) => resources.resolve(release)));
  told(resolved.map((each) => releaseReport(each)));
  return resolved;
}

/**
 * Reads the CorDapps of all releases before a node gets them.
 * @returns warnings
 * @throws StepError (cordapps) blocked where nodes of a release could not trade, incompatible or not-built where a release
 * does not take its own
 */
export async function inspectCordapps(
  { topology }: Cell,
  resolved: readonly ResolvedRelease[],
  resources: RunResources,
): Promise<readonly string[]> {
  await Promise.all(resolved.map((each) => requireCashFlows(each)));
  const inspected: InspectedWith[] = [];
  // One after the other: to see a release's classes, its capsule is unpacked, which takes a processor.
  for (const each of resolved) inspected.push(await resources.inspect(each, topology.onboarding === 'doorman'));
  const { refusal, warnings } = judgeInspection(inspected);
  if (refusal) throw (refusal.outcome === 'incompatible' ? incompatible : notBuilt)('cordapps', refusal.message);
  return warnings;
}

/** Finds or fetches the Java that each release runs on. @throws StepError */
export async function findJavas(
  resolved: readonly ResolvedRelease[],
  resources: RunResources,
  told: ToldReleases,
): Promise<void> {
  const runtimes = await Promise.all(resolved.map(({ java }) => resources.java(java)));
  told(resolved.map((each, index) => releaseReport(each, runtimes[index])));
}

/** Unpacks the node jars and compiles the harness's own JVM programs against them. @throws StepError */
export async function buildParts(resolved: readonly ResolvedRelease[], resources: RunResources): Promise<CellParts> {
  const releases = new Map<string, ReleaseParts>();
  // One after the other: unpacking takes a processor each.
  for (const each of resolved) releases.set(each.release.id, await releaseParts(each, resources));
  return { releases, ...(await toolParts(resolved, resources)) };
}

async function releaseParts(resolved: ResolvedRelease, resources: RunResources): Promise<ReleaseParts> {
  const [kit, runtime] = await Promise.all([resources.kit(resolved), resources.java(resolved.java)]);
  return { resolved, kit, runtime };
}

async function toolParts(releases: readonly ResolvedRelease[], resources: RunResources) {
  const byAge = [...releases].sort((a, b) => compareMavenVersions(a.version, b.version));
  const oldestAmqp = byAge.find(({ facts }) => facts.rpc === 'amqp');
  // The newest 3.x of a cell reads the RPC of the older one; the other way round is not known.
  const newestKryo = byAge.findLast(({ facts }) => facts.rpc === 'kryo');
  const [modern, kryo] = await Promise.all([
    resources.tools(oldestAmqp ?? (await resources.resolve(STAND_IN))),
    newestKryo ? resources.tools(newestKryo) : undefined,
  ]);
  // A contract has to run on the cell's oldest release, so it is compiled against that.
  const healthcheck = (kryo ?? modern).tools.healthcheck;
  return { modern, healthcheck, ...(kryo ? { kryo } : {}) };
}

function releaseReport(resolved: ResolvedRelease, runtime?: JavaRuntime): ReleaseReport {
  return {
    release: resolved.release.id,
    version: resolved.version,
    origin: resolved.node.origin,
    ...(resolved.built ? { commit: resolved.built.commit } : {}),
    sha256: resolved.node.sha256,
    ...(runtime ? { java: `${runtime.version} (${runtime.origin})` } : {}),
    cordapps: resolved.cordapps.map(({ name, sha256, origin }) => ({ name, sha256, origin })),
  };
}
