import type { Cell } from '../domain/cell.ts';
import { compareMavenVersions } from '../domain/maven-version.ts';
import type { JavaRuntime, Release, ResolvedRelease } from '../domain/release.ts';
import { requireCashFlows } from '../releases/cash-flows.ts';
import type { ReleaseReport } from '../report/run-report.ts';
import { cellImages, type ImageMaker } from './cell-images.ts';
import type { CellParts, ReleaseParts } from './cell-parts.ts';
import type { ProvisionWatch } from './provisioner.ts';
import type { RunResources } from './run-resources.ts';

/** Cells of 3.x alone are minted on this release's jars; 3.x cannot mint (facts: its serialization lives elsewhere). */
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
  const resolved = await Promise.all(cell.releases.map((release) => resources.resolve(release)));
  watch.releases(resolved.map((each) => releaseReport(each)));
  watch.step('cordapps');
  await Promise.all(resolved.map((each) => requireCashFlows(each)));
  watch.step('java');
  const runtimes = await Promise.all(resolved.map(({ java }) => resources.java(java)));
  watch.releases(resolved.map((each, index) => releaseReport(each, runtimes[index])));
  watch.step('build');
  const releases = new Map<string, ReleaseParts>();
  // One after the other: unpacking takes a processor each.
  for (const each of resolved) releases.set(each.release.id, await releaseParts(each, resources));
  const parts = { releases, ...(await toolParts(resolved, resources)) };
  return images ? { ...parts, images: await cellImages(cell, parts, images) } : parts;
}

async function releaseParts(resolved: ResolvedRelease, resources: RunResources): Promise<ReleaseParts> {
  const [kit, runtime] = await Promise.all([resources.kit(resolved), resources.java(resolved.java)]);
  return { resolved, kit, runtime };
}

async function toolParts(
  releases: readonly ResolvedRelease[],
  resources: RunResources,
): Promise<Pick<CellParts, 'modern' | 'kryo' | 'healthcheck'>> {
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
