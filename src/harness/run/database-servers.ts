import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ServerError, withServer } from '../databases/server.ts';
import { parseDatabaseServer, type DatabaseServer } from '../domain/database-server.ts';
import { blocked } from '../domain/step-error.ts';
import type { DatabaseServerPlace } from '../providers/provider.ts';
import { waitUntil, WaitTimeout } from '../support/wait-until.ts';
import type { DatabasesInput } from './database-input.ts';
import { variable } from '../domain/environment.ts';

/** A public image by digest: the same bytes for everybody, until somebody decides on newer ones here. */
const PUBLIC_IMAGE = 'postgres:15.14-bookworm@sha256:496f07cd16dff6406cee521a66b37080be917ea063f017336affdfcb1c61f90e';
const LOOPBACK = /^(localhost$|127[.]|::1$)/;
const ADMIN = 'compat';
const MAINTENANCE = 'postgres';

export interface ServerInUse {
  readonly server: DatabaseServer;
  /** Where it is one of the space's own. */
  readonly own?: DatabaseServerPlace;
}

/** The server that the environment names, or else one of the space's own. @throws StepError blocked */
export async function databaseServer(input: DatabasesInput): Promise<ServerInUse> {
  const { provider, resources, space } = input;
  const named = variable(resources.releases.env, 'COMPAT_POSTGRES');
  if (!named) return await ownServer(input);
  const server = parseDatabaseServer(named);
  if (!provider.runsImages || !LOOPBACK.test(server.host)) {
    await provider.letReach?.(space, server);
    return { server };
  }
  throw blocked(
    'schema',
    `COMPAT_POSTGRES names ${server.host}, which in a container is the container itself. Name an address of the ` +
      'server that containers reach, or none, and each cell gets a server of its own',
  );
}

async function ownServer({ provider, space, resources, cell, signal }: DatabasesInput): Promise<ServerInUse> {
  const { env, progress } = resources.releases;
  const image = variable(env, 'COMPAT_POSTGRES_IMAGE') ?? PUBLIC_IMAGE;
  const password = randomBytes(16).toString('hex');
  if (!provider.startDatabaseServer) {
    throw blocked('schema', `provider ${provider.name} starts no database server: name one with COMPAT_POSTGRES`);
  }
  const say = (text: string): void => progress.say(text, cell.name);
  say(`starting a database server (${image.split('@')[0]})`);
  const place = await provider.startDatabaseServer(space, { image, user: ADMIN, password, say });
  const { inside, outside } = place;
  const server = { ...outside, inside, user: ADMIN, password, database: MAINTENANCE };
  await answers(server, { place, image, limit: cell.limits.prepare, signal });
  return { server, own: place };
}

async function answers(
  server: DatabaseServer,
  wait: { place: DatabaseServerPlace; image: string; limit: number; signal: AbortSignal },
): Promise<void> {
  const { place, image, limit, signal } = wait;
  let ended = false;
  void place.exited.then(() => (ended = true));
  const name = `the database server (${image})`;
  const probe = async () => {
    if (ended) throw blocked('schema', `${name} ended: “${await lastWords(place)}”`);
    try {
      await withServer(server, () => Promise.resolve());
      return { done: true, value: undefined } as const;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return { done: false, last: error.message } as const;
    }
  };
  await waitUntil(probe, { name, limit, every: 100, signal }).catch(async (error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
    throw blocked('schema', `${error.message}; it said: “${await lastWords(place)}”`, { cause: error });
  });
}

async function lastWords({ consoleFile }: DatabaseServerPlace): Promise<string> {
  const text = await readFile(consoleFile, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-3).join(' / ');
}
