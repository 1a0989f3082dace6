import type Docker from 'dockerode';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineAt } from '../../src/harness/docker/engine-address.ts';
import { findLabelled, LABEL } from '../../src/harness/providers/docker/labelled.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { makePostgresImage } from '../rig/postgres-image.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { makePlace, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

describeWithDocker('a cell in containers with a database server of its own', () => {
  let engine: Docker;
  let place: Place;
  let image: Awaited<ReturnType<typeof makePostgresImage>>;

  beforeAll(async () => {
    engine = engineAt({ url: rigEnv().DOCKER_HOST });
    await using folder = await temporaryFolder();
    image = await makePostgresImage(engine, folder.path);
    place = await makePlace({
      releases: releases('4.5', '4.10'),
      cordapps: finance('4.5'),
      provider: 'docker',
      // All at once: a notary of 4.10 registers a service of its own, too.
      topology: { database: 'postgresql', notary: 'right', onboarding: 'doorman' },
    });
  });
  afterAll(async () => {
    await place.remove();
    await image.remove();
  });

  const inEngine = async (): Promise<readonly string[]> => {
    return (await findLabelled(engine, LABEL.run)).map(({ kind, name }) => `${kind} ${name}`);
  };

  test('nodes that registered with a doorman trade, every suite passes, and nothing is left', async () => {
    const run = await place.run([], { COMPAT_POSTGRES_IMAGE: image.name }).done();
    const cell = await run.cell('4.5+4.10');
    expect(cell.outcome, run.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(run.output).toContain('starting a database server (corda-compat-test-postgres');
    const doorman = await readFile(join(place.folder, 'results/4.5+4.10/doorman/console.log'), 'utf8');
    expect(doorman).toMatch(/certificate for O=Notary Service.* \(SERVICE_IDENTITY, Corda 4\.10\) approved/);
    expect(await inEngine()).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  test('an image that cannot be had, and a server that only its own container would reach: blocked, and nothing is left', async () => {
    const absent = await place.run([], { COMPAT_POSTGRES_IMAGE: '127.0.0.1:1/nowhere:1' }).done();
    expect((await absent.cell('4.5+4.10')).because).toMatch(
      /step 6\.\d+ open the PostgreSQL server: the image 127.0.0.1:1\/nowhere:1 is not in the Docker engine and could not be fetched: .*COMPAT_POSTGRES/,
    );
    const server = 'postgresql://admin:geheim@localhost:5432/postgres';
    const unreachable = await place.run([], { COMPAT_POSTGRES: server }).done();
    expect((await unreachable.cell('4.5+4.10')).because).toMatch(
      /step 6\.\d+ open the PostgreSQL server: COMPAT_POSTGRES names localhost, which in a container/,
    );
    expect(unreachable.output).not.toContain('geheim');
    expect(await inEngine()).toEqual([]);
  });
});
