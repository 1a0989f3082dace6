import { join } from 'node:path';
import { LOOPBACK } from '../../support/ports.ts';
import {
  DATABASE_COMMAND,
  DATABASE_FOLDER,
  DATABASE_ID,
  DATABASE_LIMITS,
  DATABASE_PORT,
  databaseVariables,
} from '../database-container.ts';
import type { DatabaseServerLaunch, DatabaseServerPlace } from '../provider.ts';
import { blocked } from '../../domain/step-error.ts';
import { startContainer } from './container.ts';
import type { OpenSpace } from './docker-space.ts';
import { engineFailure } from '../../docker/engine-failure.ts';
import { fetchImage, findImage } from '../../docker/engine-images.ts';
import type { Engine } from '../../docker/engine.ts';
import { LABEL } from './labels.ts';

/** Owner of the folder in the public images: the user that the server runs as. */
const USER = 'postgres';

/** A PostgreSQL server as a container of the space; it and its data end with the space. @throws StepError blocked */
export async function startDatabaseServer(
  open: OpenSpace,
  { image, user, password, say }: DatabaseServerLaunch,
): Promise<DatabaseServerPlace> {
  const { engine, name, labels, folder } = open;
  await requirePublicImage(engine, image, say);
  const starting = startContainer(engine, {
    what: `the database server (${image})`,
    step: 'schema',
    name: `${name}-${DATABASE_ID}`,
    image: { name: image, reference: image },
    command: [...DATABASE_COMMAND],
    env: databaseVariables({ user, password }),
    labels: { ...labels, [LABEL.resident]: DATABASE_ID },
    network: name,
    alias: DATABASE_ID,
    volume: `${name}-${DATABASE_ID}`,
    folder: DATABASE_FOLDER,
    user: USER,
    ports: [DATABASE_PORT],
    limits: DATABASE_LIMITS,
    consoleFile: join(folder, `${DATABASE_ID}.log`),
  });
  open.starting.add(starting);
  const { handle, exited } = await starting.finally(() => open.starting.delete(starting));
  const { NetworkSettings } = await handle.inspect();
  const [binding] = NetworkSettings.Ports[`${DATABASE_PORT}/tcp`] ?? [];
  // One that has ended has no port any more: whoever waits for it sees that it is gone.
  const outside = { host: LOOPBACK, port: Number(binding?.HostPort ?? 0) };
  return {
    inside: { host: DATABASE_ID, port: DATABASE_PORT },
    outside,
    exited,
    consoleFile: join(folder, `${DATABASE_ID}.log`),
  };
}

/** Unlike ours, it may be fetched at any time: no other step of the run does. */
async function requirePublicImage({ client }: Engine, image: string, say: (text: string) => void): Promise<void> {
  if (await findImage(image, { engine: client, step: 'space' })) return;
  say(`fetching the image ${image}`);
  try {
    // A fetch that began ends by itself: the next cell can use what came.
    const ctx = { engine: client, signal: new AbortController().signal, progress: { say } };
    await fetchImage(image, { ctx, auth: undefined });
  } catch (error) {
    const what = `the image ${image} is not in the Docker engine and could not be fetched`;
    const { message } = engineFailure(what, error, 'schema');
    const advice = 'name another one with COMPAT_POSTGRES_IMAGE, or a server that runs already with COMPAT_POSTGRES';
    throw blocked('schema', `${message}; ${advice}`, { cause: error });
  }
}
