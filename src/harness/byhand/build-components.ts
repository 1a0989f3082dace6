import { join } from 'node:path';
import pLimit from 'p-limit';
import { imageKey, imagesOfJars, imagesOfTools } from '../images/image.ts';
import type { Component, ImageRef, ImageRequest } from '../images/image.ts';
import type { Release } from '../config/release.ts';
import { notBuilt } from '../support/step-error.ts';
import { nothingKnown, type ImagesContext, ensureImages } from '../images/ensure-images.ts';
import { imageClasses } from '../images/image-classes.ts';
import { parseRegistry } from '../images/registry.ts';
import { publishOwnBase } from '../images/own-base.ts';
import { engineOnce } from '../docker/engine.ts';
import type { Progress } from '../support/progress.ts';
import { newRunId, createRunFolder } from '../cleanup/run-folder.ts';
import { createRunResources, type RunResources } from '../provision/run-resources.ts';
import { type Environment, variable } from '../config/variables.ts';
import type { Ledger } from '../cleanup/ledger.ts';
import { createReleasesContext, type ReleasesContext } from '../releases/context.ts';
import { defaultStateRoot } from '../support/files.ts';
import { closeGuard, guarded, sweepBefore } from '../provision/node-provisioner.ts';

/** An order outside a run of the matrix. */
export interface BuildOrder {
  readonly releases: readonly Release[];
  /** None: all that a release can have. */
  readonly components: readonly Component[];
  /** Also, or only, a base image of each Java that the releases run on. */
  readonly base: boolean;
}

export interface BuildHost {
  readonly env: Environment;
  /** Absolute folder of the project: gets `built/node-images.txt`. */
  readonly root: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Result of an order: all of it is attempted. */
export interface BuildReport {
  readonly images: readonly { readonly release: string; readonly image: Omit<ImageRef, 'component'> }[];
  readonly failures: readonly Error[];
}

const RELEASES_AT_ONCE = 2;

/** Builds and publishes images, watched over as a run is. @throws StepError blocked where nothing can be built at all */
export async function buildComponents(order: BuildOrder, host: BuildHost): Promise<BuildReport> {
  const { env, progress, signal } = host;
  // Looked for while the reaper starts; without one nothing is built.
  const asked = engineOnce({ ...env })();
  asked.catch(() => undefined);
  const address = variable(env, 'COMPAT_REGISTRY');
  const registry = address === undefined ? {} : { registry: parseRegistry(address) };
  const runId = newRunId(new Date());
  return await watched(runId, host, async ({ releases }) => {
    const { cache } = releases;
    const { client: engine } = await asked;
    const images: ImagesContext = {
      ...{ engine, ...registry, env, cache, progress, signal, runId, known: nothingKnown() },
      exclusively: cache.exclusively.bind(cache),
      builtFile: join(host.root, 'built', 'node-images.txt'),
    };
    return await carryOut(order, { images, resources: createRunResources(releases) });
  });
}

interface Workshop {
  readonly images: ImagesContext;
  readonly resources: RunResources;
}

async function carryOut(order: BuildOrder, shop: Workshop): Promise<BuildReport> {
  const limit = pLimit(RELEASES_AT_ONCE);
  const bases = order.base ? await basesOf(order, shop) : [];
  const components = order.base && order.components.length === 0 ? undefined : order.components;
  const building = components ? order.releases : [];
  const results = await Promise.allSettled(
    building.map((release) => limit(() => imagesOf(release, components ?? [], shop))),
  );
  shop.images.signal.throwIfAborted();
  return {
    images: [...bases, ...results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))],
    failures: results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : [])),
  };
}

async function imagesOf(release: Release, components: readonly Component[], { images, resources }: Workshop) {
  const resolved = await resources.resolve(release);
  const unpacking = resources.kit(resolved);
  unpacking.catch(() => undefined);
  const runtime = await resources.java(resolved.java);
  // Every image has them: compiled while the jars are unpacked. What fails there, fails again where they are needed.
  imageClasses(runtime, images).catch(() => undefined);
  const kit = await unpacking;
  const isWanted = ({ component }: ImageRequest) => components.length === 0 || components.includes(component);
  const ofJars = imagesOfJars({ kit, runtime });
  // Built and pushed while what goes into the others is compiled. To its end, also where that fails.
  const publishing = ensureImages(ofJars.filter(isWanted), images);
  const [published, compiled] = await Promise.allSettled([publishing, resources.tools(resolved)]);
  const { tools } = valueOf(compiled);
  const first = valueOf(published);
  const all = [...ofJars, ...imagesOfTools({ kit, runtime, tools })];
  checkWanted(release, components, all);
  const missing = all.filter((each) => isWanted(each) && !ofJars.includes(each));
  const others = await ensureImages(missing, images);
  return all.filter(isWanted).flatMap(({ component }) => {
    const key = imageKey(component, release.id);
    const image = first.get(key) ?? others.get(key);
    return image ? [{ release: release.id, image }] : [];
  });
}

function valueOf<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function checkWanted(release: Release, components: readonly Component[], all: readonly ImageRequest[]): void {
  const lacking = components.find((component) => !all.some((request) => request.component === component));
  if (lacking === undefined) return;
  const why = lacking === 'doorman' ? 'a doorman works on jars of 4.x only' : 'the matrix names no CorDapps for it';
  throw notBuilt('build', `${release.id} has no image ${lacking}: ${why}`);
}

/** A base image of each Java that the releases run on. */
async function basesOf({ releases }: BuildOrder, { images, resources }: Workshop): Promise<BuildReport['images']> {
  const resolved = await Promise.all(releases.map((release) => resources.resolve(release)));
  const majors = new Set(resolved.map(({ java }) => java));
  return await Promise.all(
    [...majors].sort().map(async (major) => {
      return { release: `Java ${major}`, image: await publishOwnBase(await resources.java(major), images) };
    }),
  );
}

/** Parts that work outside of a run of the matrix has, as such a run has them. */
export interface Watched {
  readonly releases: ReleasesContext;
  /** The ledger: each thing that must not stay is written there first. */
  readonly ledger: Ledger;
  /** Private, and gone with the work. */
  readonly folder: string;
}

/** Work that starts processes: what it leaves when it is killed is removed by its reaper, or by the next run. */
export async function watched<T>(
  runId: string,
  { env, progress, signal }: Omit<BuildHost, 'root'>,
  work: (own: Watched) => Promise<T>,
): Promise<T> {
  const root = defaultStateRoot();
  await sweepBefore({ progress }, root);
  const folder = await createRunFolder(root, runId);
  const guard = await guarded(folder);
  try {
    const { ledger } = guard;
    const run = { id: runId, ledger: () => Promise.resolve(ledger) };
    const releases = await createReleasesContext({ env, progress, signal, run });
    return await work({ releases, ledger, folder: folder.path });
  } finally {
    await closeGuard(guard, folder);
  }
}
