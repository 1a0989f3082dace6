import { blocked } from '../domain/step-error.ts';
import { imageArchive, type ArchivedImage, type MeasuredLayer } from './archive.ts';
import type { BaseImage } from './base.ts';
import type { ImagesContext } from './context.ts';
import { findImage, loadImages } from '../docker/engine-images.ts';
import { imageConfig, type ImagePlan } from './image-config.ts';
import { layerFacts } from './layers.ts';
import { findBuilt, nameOf } from './publish.ts';

/** Puts images of one base into the engine, all at once: what they share is sent once. @throws StepError blocked */
export async function buildImages(plans: readonly ImagePlan[], base: BaseImage, ctx: ImagesContext): Promise<void> {
  const start = performance.now();
  const what = `building ${plans.map(({ request: { component, kit } }) => `${component} ${kit.release.release.id}`).join(', ')}`;
  ctx.progress.say(`${what} on ${base.name}`);
  const images = await Promise.all(plans.map((plan) => archived(plan, base, ctx)));
  await loadImages(imageArchive(images, ctx.signal), what, ctx);
  for (const plan of plans) {
    if (!(await findBuilt(plan, ctx))) {
      throw blocked(
        'build',
        `${nameOf(plan)} was built, but is gone from the engine: keep docker image prune away from it`,
      );
    }
  }
  for (const { name, layers } of images) {
    for (const chain of chainsOf(base, layers)) ctx.known.loaded.set(chain, name);
  }
  ctx.progress.say(`built ${plans.length} images in ${((performance.now() - start) / 1000).toFixed(1)} s`);
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

/** Of each layer, what tells it and all below it from others. */
function chainsOf(base: BaseImage, layers: readonly MeasuredLayer[]): readonly string[] {
  const ids = [...base.layers, ...layers.map(({ facts }) => facts.diffId)];
  return layers.map((_, index) => ids.slice(0, base.layers.length + index + 1).join(' '));
}

/** Whether the image that brought it is still there: somebody may tidy meanwhile. */
async function isLoaded(chain: string, ctx: ImagesContext): Promise<boolean> {
  const name = ctx.known.loaded.get(chain);
  return name !== undefined && (await findImage(name, ctx)) !== undefined;
}
