import { registryOf } from './base.ts';
import type { ImagesContext } from './context.ts';
import { findImage, registryDigest } from '../docker/engine-images.ts';
import { saidByEngine } from '../docker/engine-failure.ts';
import { registryFailure } from './errors.ts';
import { authFor } from './registry-auth.ts';
import type { Registry } from './registry.ts';

type Asked = Pick<ImagesContext, 'engine' | 'env' | 'signal' | 'progress'>;

/** Asks a registry, through the engine, for an image that it need not have. @throws StepError when it cannot or will not answer */
export async function askRegistry({ host, prefix }: Registry, ctx: Asked): Promise<{ readonly user?: string }> {
  const auth = await authFor(host, ctx.env);
  try {
    await registryDigest(`${prefix}/corda-compat-node:none`, { ctx, auth });
  } catch (error) {
    throw registryFailure('asking for an image', prefix, error);
  }
  return auth?.username ? { user: auth.username } : {};
}

/** Where a base image would come from, without fetching it. */
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

/** Whether a registry has an image, by name or digest; one that cannot be asked has none. */
export async function hasImage(reference: string, ctx: Asked): Promise<boolean> {
  const auth = await authFor(registryOf(reference), ctx.env);
  const digest = await registryDigest(reference, { ctx, auth }).catch(() => undefined);
  return digest !== undefined;
}
