import { join } from 'node:path';
import { LOOPBACK } from '../../support/ports.ts';
import type { DatabaseServerLaunch, DatabaseServerPlace } from '../provider.ts';
import { blocked } from '../../domain/step-error.ts';
import { startContainer } from './container.ts';
import type { OpenSpace } from './docker-space.ts';
import { engineError, type Engine } from './engine.ts';
import { statusOf } from './labelled.ts';
import { LABEL } from './labels.ts';

const ALIAS = 'postgres';
const PORT = 5432;
/** Of the public images of PostgreSQL on Debian; its owner is the user that the server runs as. */
const FOLDER = '/var/lib/postgresql/data';
const USER = 'postgres';
const LIMITS = { memoryMb: 512, cpus: 2 };
/**
 * The image's own entry point starts as root and needs rights that no container of ours has. Nothing in here outlives the
 * space, so nothing is synchronised to the disk.
 */
const SCRIPT = [
  'set -e',
  `printf %s "$DATABASE_PASSWORD" > ${FOLDER}/password`,
  `initdb -D ${FOLDER}/cluster -U "$DATABASE_USER" -A scram-sha-256 --pwfile=${FOLDER}/password --no-sync -E UTF8 --no-locale`,
  `rm ${FOLDER}/password`,
  `echo 'host all all all scram-sha-256' >> ${FOLDER}/cluster/pg_hba.conf`,
  `exec postgres -D ${FOLDER}/cluster -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off`,
].join('\n');

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
    name: `${name}-${ALIAS}`,
    image: { name: image, reference: image },
    command: ['sh', '-c', SCRIPT],
    env: { DATABASE_USER: user, DATABASE_PASSWORD: password },
    labels: { ...labels, [LABEL.resident]: ALIAS },
    network: name,
    alias: ALIAS,
    volume: `${name}-${ALIAS}`,
    folder: FOLDER,
    user: USER,
    ports: [PORT],
    limits: LIMITS,
    consoleFile: join(folder, `${ALIAS}.log`),
  });
  open.starting.add(starting);
  const { handle, exited } = await starting.finally(() => open.starting.delete(starting));
  const { NetworkSettings } = await handle.inspect();
  const [binding] = NetworkSettings.Ports[`${PORT}/tcp`] ?? [];
  // One that has ended has no port any more: whoever waits for it sees that it is gone.
  const outside = { host: LOOPBACK, port: Number(binding?.HostPort ?? 0) };
  return { inside: { host: ALIAS, port: PORT }, outside, exited, consoleFile: join(folder, `${ALIAS}.log`) };
}

/** Unlike ours, it may be fetched at any time: nobody else would. */
async function requirePublicImage({ client }: Engine, image: string, say: (text: string) => void): Promise<void> {
  try {
    await client.getImage(image).inspect();
  } catch (error) {
    if (statusOf(error) !== 404) throw engineError(`the image ${image}`, error);
    say(`fetching the image ${image}`);
    await fetchPublic(client, image);
  }
}

async function fetchPublic(client: Engine['client'], image: string): Promise<void> {
  try {
    const answer = await client.pull(image);
    await new Promise((resolve, reject) => {
      client.modem.followProgress(answer, (error: Error | null) => {
        if (error) reject(error);
        else resolve(undefined);
      });
    });
  } catch (error) {
    const { message } = engineError(`the image ${image} is not in the Docker engine and could not be fetched`, error);
    const advice = 'name another one with COMPAT_POSTGRES_IMAGE, or a server that runs already with COMPAT_POSTGRES';
    throw blocked('schema', `${message}; ${advice}`, { cause: error });
  }
}
