import { engineOnce, type Engine } from '../../harness/docker/engine.ts';
import { withLimit } from '../../harness/support/wait.ts';
import type { CliContext } from '../context.ts';
import { type Check, failed } from './check.ts';
import type { Needs } from './machine-checks.ts';
import type { JavaMajor } from '../../harness/corda/facts.ts';
import { PUBLIC_BASE } from '../../harness/images/base.ts';
import { askRegistry, findBase } from '../../harness/images/publish.ts';
import { parseRegistry } from '../../harness/images/registry.ts';
import { SILENT } from '../../harness/support/progress.ts';
import { variable } from '../../harness/config/variables.ts';

const LIMIT_MS = 15_000;
const MB = 1024 * 1024;

/** Checks the Docker engine: its answer, its cleaning, the bases of images. `needs.docker`: a cell needs an engine. */
export async function dockerChecks({ env, signal }: CliContext, needs: Needs): Promise<Check[]> {
  const name = 'docker';
  let engine: Engine;
  try {
    engine = await withLimit(engineOnce(env)(), { name: 'the Docker engine', limit: LIMIT_MS });
  } catch (error) {
    // The advice is the last sentence of the message; here it gets a line of its own.
    const found = (error as Error).message.replace(/\. Start one, .*$/s, '');
    const unasked = 'no engine answers; the matrix does not ask for one';
    if (!needs.docker) return [{ name, state: 'ok', found: unasked, tried: [found] }];
    const mend = 'start an engine (or set DOCKER_HOST to one of this machine), or use provider local';
    return [{ name, state: 'missing', found, mend }];
  }
  const check: Check = { name, state: 'ok', found: engineText(engine), tried: [reaperText(engine)] };
  return needs.docker ? [check, ...(await imageChecks({ engine, env, signal, needs }))] : [check];
}

function engineText({ address, runtime }: Engine): string {
  const { serverVersion, operatingSystem, cpus, memory } = runtime.info.containerRuntime;
  const version = `${serverVersion} (${operatingSystem})`;
  return `engine ${version} at ${address.url}: ${cpus} processors, ${Math.floor(memory / MB)} MB of memory`;
}

function reaperText({ session }: Engine): string {
  if (session.kind === 'ryuk')
    return `the run's own reaper and Ryuk remove containers of a dead run (${session.image})`;
  return `the run's own reaper removes containers of a dead run, without Ryuk: ${session.why}`;
}

type Asking = Parameters<typeof findBase>[1];

export interface ImageChecks {
  readonly engine: Pick<Engine, 'client'>;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly needs: Pick<Needs, 'javas' | 'bases'>;
}

/** Checks the bases of images and the registry through the engine. Fetches and pushes nothing. */
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
    return failed(name, error);
  }
}

/** A base that the user names must exist. A run replaces the public base by its own if the engine cannot fetch it. */
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
  return { name: 'base image', state: 'missing', found: `${base} is not available`, tried: [source.why], mend };
}

async function publicCheck(major: JavaMajor, ctx: Asking): Promise<Check> {
  const name = `base java ${major}`;
  const base = PUBLIC_BASE[major].split('@')[0] ?? '';
  const source = await findBase(PUBLIC_BASE[major], ctx);
  if (source.from !== 'nowhere') return { name, state: 'ok', found: `${base}: in the ${source.from}` };
  const found = `${base} is not available; a run makes one of this machine’s Java ${major} instead`;
  return { name, state: 'ok', found, tried: [source.why] };
}
