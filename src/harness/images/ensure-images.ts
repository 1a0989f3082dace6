import type Dockerode from 'dockerode';
import { type ImageRef, imageKey, type ImageRequest } from './image.ts';
import { blocked, bug } from '../support/step-error.ts';
import { baseChoices, fetchedBase, type BaseChoice, type BaseImage } from './base.ts';
import { buildImages } from './build.ts';
import { digest, once } from '../support/once.ts';
import { saidByEngine } from '../docker/engine-failure.ts';
import { imageClasses } from './image-classes.ts';
import { planImage, type ImagePlan } from './image-config.ts';
import { layersOf } from './layers.ts';
import { ownBase } from './own-base.ts';
import { findBuilt, findUsable, nameOf, publish } from './publish.ts';
import type { ContentCache } from '../releases/cache.ts';
import type { Environment } from '../config/variables.ts';
import type { Progress } from '../support/progress.ts';
import type { Registry } from './registry.ts';

/**
 * Images of these requests, in the place that containers are started from. Published ones are used by digest; missing
 * ones are built and published first. By `imageKey`.
 *
 * @throws StepError blocked or not-built (build), with no dangling image, container or temporary file left
 */
export async function ensureImages(
  requests: readonly ImageRequest[],
  ctx: ImagesContext,
): Promise<ReadonlyMap<string, ImageRef>> {
  const images = await Promise.all(requests.map((request) => wanted(request, ctx)));
  await Promise.all(images.map((image) => look(image, ctx)));
  const missing = images.filter(({ found }) => !found);
  await Promise.all(byRelease(missing).map((group) => make(group, ctx))).catch((error: unknown) => {
    // An interrupt breaks work off with messages that say nothing.
    ctx.signal.throwIfAborted();
    throw error;
  });
  return new Map(
    images.map(({ request: { component, kit }, found, plans }) => {
      if (!found) throw vanished(plans);
      return [imageKey(component, kit.release.release.id), found] as const;
    }),
  );
}

interface WantedImage {
  readonly request: ImageRequest;
  /** One plan for each possible base, best first. */
  readonly plans: readonly ImagePlan[];
  found?: ImageRef;
}

async function wanted(request: ImageRequest, ctx: ImagesContext): Promise<WantedImage> {
  const [bases, classes] = await Promise.all([baseChoices(request, ctx), imageClasses(request.runtime, ctx)]);
  const layers = layersOf(request, classes);
  return { request, plans: bases.map((base) => planImage(request, { base, layers }, ctx)) };
}

async function look(image: WantedImage, ctx: ImagesContext): Promise<void> {
  for (const plan of image.plans) {
    const found = await findUsable(plan, ctx);
    if (found) image.found = found;
    if (found) return;
  }
}

/** Images of one release stand on one base, and share most of their content. */
function byRelease(images: readonly WantedImage[]): readonly (readonly WantedImage[])[] {
  const groups = new Map<string, WantedImage[]>();
  for (const image of images) {
    const key = `${image.request.kit.release.node.sha256} ${image.plans.map(({ base }) => base.identity).join(' ')}`;
    groups.set(key, [...(groups.get(key) ?? []), image]);
  }
  return [...groups.values()];
}

/** Builds and publishes the missing images of a release, unless another cell or run has done so meanwhile. */
async function make(group: readonly WantedImage[], ctx: ImagesContext): Promise<void> {
  const { kit } = (group[0] as WantedImage).request;
  const lock = `images-${digest([kit.release.node.sha256]).slice(0, 20)}`;
  const names = digest(group.map(({ plans }) => plans.map(nameOf)));
  await once(ctx.known.making, names, async () => {
    await ctx.exclusively(lock, `images of ${kit.release.release.id}`, () => makeAlone(group, ctx));
  }).finally(() => ctx.known.making.delete(names));
  await Promise.all(group.map((image) => look(image, ctx)));
}

async function makeAlone(group: readonly WantedImage[], ctx: ImagesContext): Promise<void> {
  await Promise.all(group.map((image) => look(image, ctx)));
  const missing = group.filter(({ found }) => !found);
  if (missing.length === 0) return;
  const { base, index } = await haveBase((missing[0] as WantedImage).plans, ctx);
  const plans = missing.map((image) => image.plans[index] as ImagePlan);
  const built = await Promise.all(plans.map((plan) => findBuilt(plan, ctx)));
  const unbuilt = plans.filter((_, at) => !built[at]);
  if (unbuilt.length > 0) await buildImages(unbuilt, base, ctx);
  if (!ctx.registry) return;
  // The first push carries the shared layers; the others then have little to send.
  const [first, ...others] = plans;
  if (first) await publish(first, ctx.registry, ctx);
  const { registry } = ctx;
  await Promise.all(others.map((plan) => publish(plan, registry, ctx)));
}

/** The first available base. */
async function haveBase(plans: readonly ImagePlan[], ctx: ImagesContext) {
  for (const [index, { base }] of plans.entries()) {
    try {
      return { base: await baseOf(base, ctx), index };
    } catch (error) {
      ctx.signal.throwIfAborted();
      if (index === plans.length - 1) throw error;
      // If several releases want it, the first one without it has reported it.
      const words = `${saidByEngine(error)}. The run makes its own base image instead`;
      if (!ctx.known.lacking.has(base.name)) ctx.progress.say(words);
      ctx.known.lacking.add(base.name);
    }
  }
  bug('an image without any base');
}

function baseOf(choice: BaseChoice, ctx: ImagesContext): Promise<BaseImage> {
  return choice.kind === 'own' ? ownBase(choice, ctx) : fetchedBase(choice, ctx);
}

function vanished(plans: readonly ImagePlan[]): Error {
  const what = `${plans.map(nameOf).join(' or ')} was built, but is gone from the engine or the registry`;
  return blocked('build', `${what}. Let no program prune images during a run`);
}

/** The context of everything in this folder; one per run. */
export interface ImagesContext {
  /** The engine that images are built in and containers are started from. */
  readonly engine: Dockerode;
  /** The registry of the images; without one, images stay in the engine. */
  readonly registry?: Registry;
  readonly env: Environment;
  readonly cache: ContentCache;
  /** Does `work` while no other run works under the same name. `what` completes "waiting for another run: …". */
  exclusively<T>(name: string, what: string, work: () => Promise<T>): Promise<T>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Goes into the labels of the images that this run builds. */
  readonly runId: string;
  /** Gets a line for each published image, once. */
  readonly builtFile?: string;
  /** Results that this run has already. */
  readonly known: KnownImages;
}

interface KnownImages {
  readonly bases: Map<string, Promise<BaseImage>>;
  /** Missing bases that were reported already. */
  readonly lacking: Set<string>;
  /** Running builds, by the names of their images. */
  readonly making: Map<string, Promise<void>>;
  /** Layers that this run has put into the engine, each with those below it, and the name of an image that holds them. */
  readonly loaded: Map<string, string>;
}

export function nothingKnown(): KnownImages {
  return { bases: new Map(), lacking: new Set(), making: new Map(), loaded: new Map() };
}
