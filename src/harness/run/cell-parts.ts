import type { Cell, NodeRole, Side } from '../domain/cell.ts';
import { compareMavenVersions } from '../domain/maven-version.ts';
import type { CordappArtefact, JavaRuntime, NodeKit, Release, ResolvedRelease } from '../domain/release.ts';
import type { JvmTools } from '../domain/jvm-tools.ts';
import { requireCashFlows } from '../releases/cash-flows.ts';
import type { SideReport } from '../report/run-report.ts';
import { cellImages, type CellImages, type ImageMaker } from './cell-images.ts';
import type { ProvisionWatch } from './provisioner.ts';
import type { RunResources } from './run-resources.ts';

/** A release of the pair, ready to be run. */
export interface SideParts {
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
  readonly sides: Readonly<Record<Side, SideParts>>;
  /** Mints, and drives all nodes that speak AMQP RPC: the oldest 4.x release of the pair, or a stand-in. */
  readonly modern: ToolParts;
  /** Drives the pair's 3.x nodes, where it has any. */
  readonly kryo?: ToolParts;
  /** Goes into every node, beside its own CorDapps. */
  readonly healthcheck: CordappArtefact;
  /** Where the provider starts containers. */
  readonly images?: CellImages;
}

/** Pairs of 3.x alone are minted on this release's jars; 3.x cannot mint (facts: its serialization lives elsewhere). */
const STAND_IN: Release = { id: 'tools-4.5', source: { kind: 'maven', version: '4.5' }, cordapps: [], jvmArgs: [] };

/**
 * Fetches and builds a cell's parts; what other cells of the run have already got is not asked for again.
 * @param images where the provider starts containers
 * @throws StepError not-built or blocked
 */
export async function gatherParts(
  cell: Cell,
  { resources, images }: { readonly resources: RunResources; readonly images?: ImageMaker },
  watch: ProvisionWatch,
): Promise<CellParts> {
  watch.step('resolve');
  resources.prefetchJava(cell);
  const [left, right] = await Promise.all([resources.resolve(cell.pair.left), resources.resolve(cell.pair.right)]);
  watch.sides({ left: sideReport(left), right: sideReport(right) });
  watch.step('cordapps');
  await Promise.all([left, right].map((resolved) => requireCashFlows(resolved)));
  watch.step('java');
  const runtimes = await Promise.all([left, right].map((resolved) => resources.java(resolved.java)));
  watch.sides({ left: sideReport(left, runtimes[0]), right: sideReport(right, runtimes[1]) });
  watch.step('build');
  const sides = { left: await sideParts(left, resources), right: await sideParts(right, resources) };
  const parts = { sides, ...(await toolParts([left, right], resources)) };
  return images ? { ...parts, images: await cellImages(cell, parts, images) } : parts;
}

/** The side that a node of the cell belongs to. */
export function partsOf(parts: CellParts, node: NodeRole): SideParts {
  return parts.sides[node.side];
}

/** CorDapps of a node: its release's own and the healthcheck. */
export function cordappsOf(parts: CellParts, node: NodeRole): readonly CordappArtefact[] {
  return [...partsOf(parts, node).resolved.cordapps, parts.healthcheck];
}

async function sideParts(resolved: ResolvedRelease, resources: RunResources): Promise<SideParts> {
  const [kit, runtime] = await Promise.all([resources.kit(resolved), resources.java(resolved.java)]);
  return { resolved, kit, runtime };
}

async function toolParts(
  releases: readonly ResolvedRelease[],
  resources: RunResources,
): Promise<Pick<CellParts, 'modern' | 'kryo' | 'healthcheck'>> {
  const byAge = [...releases].sort((a, b) => compareMavenVersions(a.version, b.version));
  const oldestAmqp = byAge.find(({ facts }) => facts.rpc === 'amqp');
  // The newest 3.x of a pair reads the RPC of the older one; the other way round is not known.
  const newestKryo = byAge.findLast(({ facts }) => facts.rpc === 'kryo');
  const [modern, kryo] = await Promise.all([
    resources.tools(oldestAmqp ?? (await resources.resolve(STAND_IN))),
    newestKryo ? resources.tools(newestKryo) : undefined,
  ]);
  // A contract has to run on the pair's oldest release, so it is compiled against that.
  const healthcheck = (kryo ?? modern).tools.healthcheck;
  return { modern, healthcheck, ...(kryo ? { kryo } : {}) };
}

function sideReport(resolved: ResolvedRelease, runtime?: JavaRuntime): SideReport {
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
