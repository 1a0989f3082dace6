import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import { blocked } from '../support/step-error.ts';
import { seconds } from '../support/words.ts';
import type { BaseImage } from './base.ts';
import type { ImagesContext } from './ensure-images.ts';
import { findImage, loadImages } from '../docker/engine-images.ts';
import { imageConfig, type ImagePlan } from './image-config.ts';
import { layerFacts, heard, MADE_AT, writeLayer, type Layer, type LayerFacts } from './layers.ts';
import { findBuilt, nameOf } from './publish.ts';

/** Puts images of one base into the engine, all at once: shared layers are sent once. @throws StepError blocked */
export async function buildImages(plans: readonly ImagePlan[], base: BaseImage, ctx: ImagesContext): Promise<void> {
  const start = performance.now();
  const what = `building ${plans.map(({ request: { component, kit } }) => `${component} ${kit.release.release.id}`).join(', ')}`;
  ctx.progress.say(`${what} on ${base.name}`);
  const images = await Promise.all(plans.map((plan) => archived(plan, base, ctx)));
  await loadImages(imageArchive(images, ctx.signal), what, ctx);
  for (const plan of plans) {
    if (await findBuilt(plan, ctx)) continue;
    const what = `${nameOf(plan)} was built, but is gone from the engine`;
    throw blocked('build', `${what}. Do not run docker image prune during a run`);
  }
  for (const { name, layers } of images) {
    for (const chain of chainsOf(base, layers)) ctx.known.loaded.set(chain, name);
  }
  ctx.progress.say(`built ${plans.length} images in ${seconds(performance.now() - start, 1)}`);
}

async function archived(plan: ImagePlan, base: BaseImage, ctx: ImagesContext): Promise<ArchivedImage> {
  const measured = await Promise.all(
    plan.layers.map(async (layer) => ({ layer, facts: await layerFacts(layer, ctx.cache, ctx.signal) })),
  );
  const config = imageConfig(plan, { base, facts: measured.map(({ facts }) => facts), runId: ctx.runId });
  const chains = chainsOf(base, measured);
  const layers = await Promise.all(
    measured.map(async (each, index) => ({ ...each, isThere: await isLoaded(chains[index] ?? '', ctx) })),
  );
  return { name: nameOf(plan), config, base, layers };
}

/** For each layer, the digest that tells it and all below it from others. */
function chainsOf(base: BaseImage, layers: readonly MeasuredLayer[]): readonly string[] {
  const ids = [...base.layers, ...layers.map(({ facts }) => facts.diffId)];
  return layers.map((_, index) => ids.slice(0, base.layers.length + index + 1).join(' '));
}

/** Whether the image that brought it is still there: a user may tidy meanwhile. */
async function isLoaded(chain: string, ctx: ImagesContext): Promise<boolean> {
  const name = ctx.known.loaded.get(chain);
  return name !== undefined && (await findImage(name, ctx)) !== undefined;
}

/** A layer with its size and digest. */
interface MeasuredLayer {
  readonly layer: Layer;
  readonly facts: LayerFacts;
  /** The engine has it, on the same layers below it. */
  readonly isThere?: boolean;
}

/** An image in the engine's form. */
interface ArchivedImage {
  /** `repository:tag` */
  readonly name: string;
  readonly config: string;
  readonly base: Pick<BaseImage, 'layers'>;
  /** Above the base. */
  readonly layers: readonly MeasuredLayer[];
}

/**
 * An archive of several images at once, as `docker save` writes it. It holds a shared layer once, and no layer that
 * the engine has. It is made while it is read, without a copy on this machine's disk.
 */
export function imageArchive(images: readonly ArchivedImage[], signal: AbortSignal): Readable {
  const output = heard(new PassThrough({ highWaterMark: 1024 * 1024 }));
  writeArchive(images, output, signal).catch((error: unknown) => output.destroy(error as Error));
  return output;
}

/** Digest of an image's configuration: its id. */
function configDigest(config: string): string {
  return createHash('sha256').update(config).digest('hex');
}

async function writeArchive(images: readonly ArchivedImage[], output: PassThrough, signal: AbortSignal): Promise<void> {
  const { pack } = await import('tar-stream');
  const archive = heard(pack());
  const sending = pipeline(archive, output, { signal });
  sending.catch(() => undefined);
  try {
    const wanted = images.flatMap((image) => image.layers).filter(({ isThere }) => !isThere);
    const layers = new Map(wanted.map((each) => [each.facts.diffId, each]));
    for (const each of layers.values()) await addLayer(archive, each, signal);
    for (const { config } of images) addText(archive, `${configDigest(config)}.json`, config);
    addText(archive, 'manifest.json', JSON.stringify(images.map(manifestOf)));
    archive.finalize();
  } catch (error) {
    archive.destroy();
    throw error;
  }
  await sending;
}

function manifestOf({ name, config, base, layers }: ArchivedImage): object {
  const all = [...base.layers, ...layers.map(({ facts }) => facts.diffId)];
  return { Config: `${configDigest(config)}.json`, RepoTags: [name], Layers: all.map(layerFile) };
}

async function addLayer(archive: Pack, { layer, facts }: MeasuredLayer, signal: AbortSignal): Promise<void> {
  const entry = heard(archive.entry({ name: layerFile(facts.diffId), size: facts.size, mtime: MADE_AT }));
  try {
    await writeLayer(await layer.entries(), entry, signal);
  } catch (error) {
    if ((error as Error).message !== 'Size mismatch') throw error;
    const why = 'differ from the measured ones: another program has changed them in the cache';
    const advice = 'Remove its folder entries (COMPAT_CACHE) and try again';
    throw blocked('build', `the files of a layer (${layer.what}) ${why}. ${advice}`, { cause: error });
  }
}

function addText(archive: Pack, name: string, text: string): void {
  heard(archive.entry({ name, mtime: MADE_AT }, text));
}

function layerFile(diffId: string): string {
  return `${diffId.replace('sha256:', '')}.tar`;
}
