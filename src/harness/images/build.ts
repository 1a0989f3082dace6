import { blocked } from '../domain/step-error.ts';
import { imageArchive, type ArchivedImage } from './archive.ts';
import type { BaseImage } from './base.ts';
import type { ImagesContext } from './context.ts';
import { loadImages } from './engine.ts';
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
  ctx.progress.say(`built ${plans.length} images in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

async function archived(plan: ImagePlan, base: BaseImage, ctx: ImagesContext): Promise<ArchivedImage> {
  const layers = await Promise.all(
    plan.layers.map(async (layer) => ({ layer, facts: await layerFacts(layer, ctx.cache, ctx.signal) })),
  );
  const config = imageConfig(plan, { base, facts: layers.map(({ facts }) => facts), runId: ctx.runId });
  return { name: nameOf(plan), config, base, layers };
}
