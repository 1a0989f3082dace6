import type { JavaMajor } from '../../harness/domain/platform-facts.ts';
import { StepError } from '../../harness/domain/step-error.ts';
import { PUBLIC_BASE } from '../../harness/images/base.ts';
import { askRegistry, findBase } from '../../harness/images/probe.ts';
import { parseRegistry } from '../../harness/images/registry.ts';
import type { Engine } from '../../harness/docker/engine.ts';
import { SILENT } from '../../harness/support/progress.ts';
import type { Check } from './check.ts';
import type { Needs } from './matrix-check.ts';
import { variable } from '../../harness/domain/environment.ts';

type Asking = Parameters<typeof findBase>[1];

export interface ImageChecks {
  readonly engine: Pick<Engine, 'client'>;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly needs: Pick<Needs, 'javas' | 'bases'>;
}

/** What images would be made on and where they would be published: asked through the engine, nothing is fetched or pushed. */
export async function imageChecks({ engine, env, signal, needs }: ImageChecks): Promise<Check[]> {
  const ctx: Asking = { engine: engine.client, env, signal, progress: SILENT };
  return [await registryCheck(ctx), ...(await baseChecks(needs, ctx))];
}

async function registryCheck(ctx: Asking): Promise<Check> {
  const name = 'registry';
  const address = variable(ctx.env, 'COMPAT_REGISTRY');
  if (!address) {
    return { name, state: 'ok', found: 'COMPAT_REGISTRY is not set: images stay in the engine that builds them' };
  }
  try {
    const { user } = await askRegistry(parseRegistry(address), ctx);
    return { name, state: 'ok', found: `${address} answers ${user === undefined ? 'without a user' : `as ${user}`}` };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { name, state: 'missing', found: error.message, mend: 'correct what is named above, then ask again' };
  }
}

/** Those that somebody named must be there; the public one is replaced by an own one where it cannot be had. */
async function baseChecks({ javas, bases }: ImageChecks['needs'], ctx: Asking): Promise<Check[]> {
  const everywhere = variable(ctx.env, 'COMPAT_BASE_IMAGE');
  const named = [...new Set([...bases.named, ...(everywhere && bases.anyUnnamed ? [everywhere] : [])])];
  const checks = named.map((base) => namedCheck(base, ctx));
  const unnamed = everywhere || !bases.anyUnnamed ? [] : javas;
  return await Promise.all([...checks, ...unnamed.map((major) => publicCheck(major, ctx))]);
}

async function namedCheck(base: string, ctx: Asking): Promise<Check> {
  const source = await findBase(base, ctx);
  if (source.from !== 'nowhere') return { name: 'base image', state: 'ok', found: `${base}: in the ${source.from}` };
  const mend =
    'name another one with COMPAT_BASE_IMAGE or base in the matrix, or make one: npx corda-compat build base';
  return { name: 'base image', state: 'missing', found: `${base} cannot be had`, tried: [source.why], mend };
}

async function publicCheck(major: JavaMajor, ctx: Asking): Promise<Check> {
  const name = `base java ${major}`;
  const base = PUBLIC_BASE[major].split('@')[0] ?? '';
  const source = await findBase(PUBLIC_BASE[major], ctx);
  if (source.from !== 'nowhere') return { name, state: 'ok', found: `${base}: in the ${source.from}` };
  const found = `${base} cannot be had; a run makes one of this machine’s Java ${major} instead`;
  return { name, state: 'ok', found, tried: [source.why] };
}
