import { IN_IMAGE, type ImageRef } from './image.ts';
import type { JavaRuntime } from '../releases/artefacts.ts';
import { blocked } from '../support/step-error.ts';
import { imageArchive } from './build.ts';
import { asBase, ownChoice, type BaseChoice, type BaseImage } from './base.ts';
import type { ImagesContext } from './ensure-images.ts';
import { once } from '../support/once.ts';
import { findImage, loadImages } from '../docker/engine-images.ts';
import { configText, IMAGE_LABEL } from './image-config.ts';
import { layerFacts } from './layers.ts';
import { pushTag } from './publish.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const FROM_SCRATCH = { layers: [], environment: [], architecture: ARCHITECTURES[process.arch] ?? process.arch };

/** The base image of this machine's Java, made in the engine if it is not there. @throws StepError blocked */
export async function ownBase(choice: BaseChoice, ctx: ImagesContext): Promise<BaseImage> {
  return await once(ctx.known.bases, choice.name, async () => {
    const there = await findImage(choice.name, ctx);
    if (there) return asBase(choice.name, there);
    const name = `base image ${choice.name}`;
    return await ctx.exclusively(`image-${choice.identity}`, name, async () => {
      await makeOwnBase(choice, ctx);
      const made = await findImage(choice.name, ctx);
      if (made) return asBase(choice.name, made);
      const advice = 'Do not run docker image prune during a run';
      throw blocked('build', `${name} was made, but is gone from the engine. ${advice}`);
    });
  });
}

/**
 * Makes the base image of a Java. Publishes it if there is a registry, for machines without such a Java: they name it
 * with COMPAT_BASE_IMAGE.
 * @throws StepError blocked
 */
export async function publishOwnBase(runtime: JavaRuntime, ctx: ImagesContext): Promise<Omit<ImageRef, 'component'>> {
  const choice = await ownChoice(runtime, ctx);
  await ownBase(choice, ctx);
  const { registry } = ctx;
  const image = ctx.engine.getImage(choice.name);
  if (!registry) return { name: choice.name, reference: (await image.inspect()).Id };
  const [name = '', tag = ''] = choice.name.split(':');
  const repository = `${registry.prefix}/${name}`;
  await image.tag({ repo: repository, tag });
  const { digest } = await pushTag({ repository, tag }, registry, ctx);
  return { name: `${repository}:${tag}`, reference: `${repository}@${digest}` };
}

async function makeOwnBase({ name, layer }: BaseChoice, ctx: ImagesContext): Promise<void> {
  if (!layer || (await findImage(name, ctx))) return;
  ctx.progress.say(`making the base image ${name} of ${layer.what}`);
  const facts = await layerFacts(layer, ctx.cache, ctx.signal);
  const base = { ...FROM_SCRATCH, name: 'scratch' };
  const config = configText({
    base,
    added: [{ what: layer.what, diffId: facts.diffId }],
    config: { Cmd: [IN_IMAGE.java, '-version'], Labels: { [`${IMAGE_LABEL}.component`]: 'base' } },
  });
  const archive = imageArchive([{ name, config, base, layers: [{ layer, facts }] }], ctx.signal);
  await loadImages(archive, `making the base image ${name}`, ctx);
}
