import type Dockerode from 'dockerode';
import type { ContainerRuntimeClient } from 'testcontainers';
import type { EngineAddress } from '../cleanup/ledger.ts';
import { blocked, type StepError } from '../support/step-error.ts';
import { findImage } from './engine-images.ts';
import { addressOf } from './engine-address.ts';
import { foundOnce } from '../support/once.ts';

/** A Docker engine that answers. */
export interface Engine {
  /** The library's result, for the library's own functions. */
  readonly runtime: ContainerRuntimeClient;
  /** A client of the same engine, for functions that the library lacks. */
  readonly client: Dockerode;
  readonly address: EngineAddress;
  readonly session: SessionReaper;
}

/** Whether Ryuk removes containers when this process dies. The harness's own reaper does so in any case. */
export type SessionReaper =
  { readonly kind: 'ryuk'; readonly image: string } | { readonly kind: 'own'; readonly why: string };

/** The library takes 360 ms to load: only code that runs containers loads it. */
export const testcontainers = () => import('testcontainers');

/** `findEngine`, once for all callers. After a failure the next caller searches again: a user may start an engine meanwhile. */
export function engineOnce(env: NodeJS.ProcessEnv): () => Promise<Engine> {
  return foundOnce(() => findEngine(env));
}

/** Finds the engine as the library does: DOCKER_HOST, its own settings, the usual sockets. @throws StepError blocked */
async function findEngine(env: NodeJS.ProcessEnv): Promise<Engine> {
  refuseSsh(env);
  try {
    const { getContainerRuntimeClient } = await testcontainers();
    const runtime = await getContainerRuntimeClient();
    const client = runtime.container.dockerode;
    return { runtime, client, address: addressOf(client, env), session: await sessionReaper(client, env) };
  } catch (error) {
    throw noEngine(env, error);
  }
}

/** The library takes the address for one of plain HTTP; cells need an engine of this machine in any case. */
function refuseSsh({ DOCKER_HOST: host = '' }: NodeJS.ProcessEnv): void {
  if (!host.startsWith('ssh:')) return;
  throw blocked(
    'space',
    `DOCKER_HOST failed to name a Docker engine of this machine (seen: ${host}). Set it to a socket, for example ` +
      'unix:///var/run/docker.sock, or use provider local.',
  );
}

/** Ryuk's image of the library's own version, unless the user names another. */
const RYUK_IMAGE = 'testcontainers/ryuk:0.14.0';

/** Ryuk, if its image is there. It is not fetched, since the harness's own reaper does the same. */
async function sessionReaper(engine: Dockerode, env: NodeJS.ProcessEnv): Promise<SessionReaper> {
  const setting = 'TESTCONTAINERS_RYUK_DISABLED';
  if (env[setting] === 'true') return { kind: 'own', why: `${setting} is true` };
  const image = env['RYUK_CONTAINER_IMAGE'] || RYUK_IMAGE;
  if (await findImage(image, { engine, step: 'space' })) return { kind: 'ryuk', image };
  return { kind: 'own', why: `the engine does not have the image ${image}` };
}

function noEngine(env: NodeJS.ProcessEnv, cause: unknown): StepError {
  const named = env['DOCKER_HOST'];
  const where = named ? `at DOCKER_HOST ${named}` : 'at the usual sockets (DOCKER_HOST is not set)';
  const what = `no Docker engine answers ${where}: ${(cause as Error).message}`;
  const advice = 'Start one, let this user open its socket, or set DOCKER_HOST; without one, use provider local';
  return blocked('space', `${what}. ${advice}. npx corda-compat doctor tells more`, { cause });
}
