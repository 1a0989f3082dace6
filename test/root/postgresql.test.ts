import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithPostgres, postgresRig, type PostgresRig } from '../rig/postgres-rig.ts';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

takeTurn('processors');

describeWithPostgres('nodes whose databases are on a PostgreSQL server', () => {
  let rig: PostgresRig;
  let place: Place;
  let env: { COMPAT_POSTGRES: string };

  beforeAll(async () => {
    rig = await postgresRig();
    env = { COMPAT_POSTGRES: rig.url };
    place = await makePlace({
      releases: releases('4.5', '4.10'),
      cordapps: finance('4.5'),
      // One makes its tables at its start, the other has them migrated.
      topology: { database: 'postgresql', notary: 'right' },
    });
  });
  afterAll(async () => {
    await place.remove();
    await rig[Symbol.asyncDispose]();
  });

  test('kill -9 of the whole run while nodes start: the reaper drops their databases', async () => {
    const run = place.run([], env);
    await run.says(/start the nodes/);
    expect((await rig.ours()).length).toBeGreaterThan(0);
    run.killGroup('SIGKILL');
    await run.done();
    expect(await place.leftovers()).toEqual([]);
    expect(await rig.ours()).toEqual([]);
  });

  test('they trade, every suite passes, and only the templates stay on the server', async () => {
    const run = await place.run([], env).done();
    const cell = await run.cell('4.5+4.10');
    expect(cell.outcome, cell.because).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    const conf = await readFile(join(place.folder, 'results', '4.5+4.10', 'notary', 'node.conf'), 'utf8');
    expect(conf).toContain('jdbc:postgresql://127.0.0.1');
    expect(conf).not.toContain(rig.server.password);
    expect(await rig.ours()).toEqual([]);
    expect(await rig.templates()).toHaveLength(2);
    expect(await place.leftovers()).toEqual([]);
  });

  test('a server that is gone: blocked, with its name and what to do', async () => {
    await rig.stop();
    const run = await place.run([], env).done();
    const cell = await run.cell('4.5+4.10');
    expect(cell.outcome).toBe('blocked');
    expect(cell.because).toMatch(
      /step 6\.\d+ [a-zA-Z ]+: PostgreSQL server admin@127.0.0.1:\d+: .*COMPAT_POSTGRES must name a running/,
    );
    expect(run.code).toBe(1);
    expect(await place.leftovers()).toEqual([]);
  });
});
