import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ImageRef } from './image.ts';
import { absent } from '../support/files.ts';
import { megabytes } from '../releases/download.ts';
import { StepError } from '../support/step-error.ts';
import { seconds } from '../support/words.ts';
import type { ImagesContext } from './ensure-images.ts';
import { fetchImage, findImage, pushImage, registryDigest, type Pushed } from '../docker/engine-images.ts';
import { registryFailure } from './errors.ts';
import { IMAGE_LABEL, type ImagePlan } from './image-config.ts';
import { authFor, type Registry } from './registry.ts';
import { registryOf } from './base.ts';
import { saidByEngine } from '../docker/engine-failure.ts';

/**
 * An image in the place that containers are started from; `undefined` if it has to be built or published.
 * @throws StepError
 */
export async function findUsable(plan: ImagePlan, ctx: ImagesContext): Promise<ImageRef | undefined> {
  const { registry } = ctx;
  if (!registry) {
    const image = await findBuilt(plan, ctx);
    return image && { component: plan.request.component, name: nameOf(plan), reference: image.id };
  }
  return await guarded(`looking for ${nameOf(plan)}`, registry, ctx, async () => {
    const auth = await authFor(registry.host, ctx.env);
    const digest = await registryDigest(nameOf(plan), { ctx, auth });
    if (digest === undefined) return undefined;
    const ref = published(plan, digest);
    if (!(await findImage(ref.reference, ctx))) {
      ctx.progress.say(`fetching ${ref.name} from the registry`);
      await fetchImage(ref.reference, { ctx, auth });
      // Without a name, a user who tidies the engine would take it for a leftover.
      await ctx.engine.getImage(ref.reference).tag({ repo: plan.repository, tag: plan.tag });
    }
    await note(ref, ctx);
    return ref;
  });
}

/** The image of a plan, if this engine has it. */
export async function findBuilt(plan: ImagePlan, ctx: ImagesContext): Promise<{ readonly id: string } | undefined> {
  const image = await findImage(nameOf(plan), ctx);
  return image?.labels[`${IMAGE_LABEL}.recipe`] === plan.recipe ? image : undefined;
}

/** Pushes an image that the engine has. @throws StepError blocked */
export async function publish(plan: ImagePlan, registry: Registry, ctx: ImagesContext): Promise<void> {
  const { digest } = await pushTag(plan, registry, ctx);
  await note(published(plan, digest), ctx);
}

/** Pushes a tag that the engine has, and prints size and time. @throws StepError blocked */
export async function pushTag(tag: ImageTag, registry: Registry, ctx: ImagesContext): Promise<Pushed> {
  const name = nameOf(tag);
  const start = performance.now();
  return await guarded(`pushing ${name}`, registry, ctx, async () => {
    const pushed = await pushImage(tag, { ctx, auth: await authFor(registry.host, ctx.env) });
    ctx.progress.say(`pushed ${name}: ${megabytes(pushed.bytes)} MB in ${seconds(performance.now() - start, 1)}`);
    return pushed;
  });
}

type ImageTag = Pick<ImagePlan, 'repository' | 'tag'>;

export function nameOf({ repository, tag }: ImageTag): string {
  return `${repository}:${tag}`;
}

function published(plan: ImagePlan, digest: string): ImageRef {
  return { component: plan.request.component, name: nameOf(plan), reference: `${plan.repository}@${digest}` };
}

async function note({ name, reference }: ImageRef, { builtFile }: ImagesContext): Promise<void> {
  if (builtFile !== undefined) await appendOnce(builtFile, `${name}@${reference.split('@')[1] ?? ''}`);
}

async function guarded<T>(what: string, { prefix }: Registry, ctx: ImagesContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    ctx.signal.throwIfAborted();
    throw error instanceof StepError ? error : registryFailure(what, prefix, error);
  }
}

type Asked = Pick<ImagesContext, 'engine' | 'env' | 'signal' | 'progress'>;

/** Asks a registry, through the engine, for an image that may be missing. @throws StepError when it cannot or will not answer */
export async function askRegistry({ host, prefix }: Registry, ctx: Asked): Promise<{ readonly user?: string }> {
  const auth = await authFor(host, ctx.env);
  try {
    await registryDigest(`${prefix}/corda-compat-node:none`, { ctx, auth });
  } catch (error) {
    throw registryFailure('asking for an image', prefix, error);
  }
  return auth?.username ? { user: auth.username } : {};
}

/** The source of a base image, without fetching it. */
export type BaseSource = { readonly from: 'engine' | 'registry' } | { readonly from: 'nowhere'; readonly why: string };

export async function findBase(name: string, ctx: Asked): Promise<BaseSource> {
  if (await findImage(name, ctx)) return { from: 'engine' };
  try {
    const digest = await registryDigest(name, { ctx, auth: await authFor(registryOf(name), ctx.env) });
    return digest === undefined ? { from: 'nowhere', why: 'its registry has no such image' } : { from: 'registry' };
  } catch (error) {
    return { from: 'nowhere', why: saidByEngine(error) };
  }
}

/** Whether a registry has an image, by name or digest; a registry that cannot be asked has none. */
export async function hasImage(reference: string, ctx: Asked): Promise<boolean> {
  const auth = await authFor(registryOf(reference), ctx.env);
  const digest = await registryDigest(reference, { ctx, auth }).catch(() => undefined);
  return digest !== undefined;
}

/** Appends a line, unless the file has it; another run may do the same at once. */
async function appendOnce(file: string, line: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(absent(''));
  if (text.split('\n').includes(line)) return;
  await mkdir(dirname(file), { recursive: true });
  // A user's editor may have left out the last line's end.
  await appendFile(file, `${text !== '' && !text.endsWith('\n') ? '\n' : ''}${line}\n`);
}
