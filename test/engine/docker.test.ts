import type Docker from 'dockerode';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineAt } from '../../src/harness/docker/engine-address.ts';
import { LABEL, findLabelled } from '../../src/harness/providers/docker/labelled.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, OLD_CASH, releases } from '../e2e/matrices.ts';

const CELL = '4.5+4.10';
/** One suite is enough to be in the middle of. */
const SUITES = ['suites/issue', 'suites/pay'];
const IN_SUITES = /ok {2}suites\/issue/;

describeWithDocker('provider docker, from the matrix to the verdict', () => {
  let place: Place;
  let engine: Docker;
  let first: Finished;
  let dangling: readonly string[];

  beforeAll(async () => {
    engine = engineAt({ url: rigEnv().DOCKER_HOST });
    dangling = await danglingImages();
    place = await makePlace({ releases: releases('4.5', '4.10'), cordapps: finance('4.5'), provider: 'docker' });
    first = await place.run().done();
  });
  afterAll(() => place.remove());

  async function danglingImages(): Promise<readonly string[]> {
    const images = await engine.listImages({ filters: { dangling: ['true'] } });
    return images.map(({ Id }) => Id).sort();
  }

  /** Of any run: no other works with this engine at the same time. */
  async function leftovers(limitMs: number): Promise<readonly string[]> {
    let left: readonly string[] = [];
    await waitUntil(
      async () => {
        left = (await findLabelled(engine, LABEL.run)).map(({ kind, name }) => `${kind} ${name}`);
        return left.length === 0 ? { done: true, value: undefined } : { done: false, last: left.join(', ') };
      },
      { name: 'nothing left in the engine', limit: limitMs },
    ).catch(() => undefined);
    const images = (await danglingImages()).filter((id) => !dangling.includes(id));
    return [...left, ...images.map((id) => `dangling image ${id}`), ...(await place.leftovers(limitMs))];
  }

  test('all suites are green, evidence is kept, and nothing is left', async () => {
    const cell = await first.cell(CELL);
    expect(cell.outcome, first.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(cell.tests.map(({ name }) => name).join('\n')).toMatch(/4\.5 pays 4\.10: the money arrives/);
    expect(first.code).toBe(0);
    expect(first.lastLine).toMatch(/^\d+ passed, 0 failed$/);
    const evidence = await readdir(join(place.folder, 'results', CELL), { recursive: true });
    expect(evidence).toEqual(
      expect.arrayContaining(['journal.jsonl', 'notary/console.log', 'party-a/node.conf', 'driver/console.log']),
    );
    expect(await leftovers(0)).toEqual([]);
  });

  test('Ctrl-C among the suites of a second run, which builds nothing: everything goes', async () => {
    const run = place.run(SUITES);
    await run.says(IN_SUITES);
    expect((await findLabelled(engine, LABEL.run)).map(({ kind }) => kind)).toContain('container');
    run.killGroup('SIGINT');
    const end = await run.done();
    expect(end.code).toBe(130);
    expect(end.output).not.toMatch(/ MB from |compiling |migrating |unpacking |building |built |push/i);
    expect((await end.cell(CELL)).outcome).toBe('interrupted');
    expect(await leftovers(0)).toEqual([]);
  });

  test.for([
    ['SIGINT', 'while the nodes start', /start the nodes/],
    ['SIGKILL', 'while the nodes start', /start the nodes/],
    ['SIGKILL', 'among the suites', IN_SUITES],
  ] as const)('%s of the whole process group %s: everything goes', async ([signal, , phase]) => {
    const run = place.run(SUITES);
    await run.says(phase);
    run.killGroup(signal);
    const end = await run.done();
    expect(end.code).toBe(signal === 'SIGINT' ? 130 : undefined);
    expect(await leftovers(signal === 'SIGINT' ? 0 : 45_000)).toEqual([]);
  });

  // Of 3.3 its registration: what it trades in with 4.5 is told by the suites of provider local.
  test.for([
    [CELL, { releases: releases('4.5', '4.10'), cordapps: finance('4.5') }, 'suites/pay'],
    ['3.3-corda+4.5', { releases: releases('3.3-corda', '4.5'), cordapps: OLD_CASH }, 'suites/health'],
  ] as const)('nodes of %s in containers register with a doorman in a container', async ([name, matrix, suite]) => {
    const registering = await makePlace({ ...matrix, provider: 'docker', topology: { onboarding: 'doorman' } });
    try {
      const end = await registering.run([suite]).done();
      const cell = await end.cell(name);
      expect(cell.outcome, end.output).toBe('compatible');
      expect(await registering.leftovers(0)).toEqual([]);
      expect(await leftovers(0)).toEqual([]);
    } finally {
      await registering.remove();
    }
  });

  test.for(['SIGINT', 'SIGKILL'] as const)('%s while nodes register: everything goes', async (signal) => {
    const topology = { onboarding: 'doorman' };
    const matrix = { releases: releases('4.5', '4.10'), cordapps: finance('4.5'), provider: 'docker', topology };
    const registering = await makePlace(matrix);
    try {
      const run = registering.run(SUITES);
      await run.says(/register the nodes with a doorman/);
      await waitUntil(
        async () => {
          const names = (await findLabelled(engine, LABEL.run)).map(({ name }) => name);
          return names.some((name) => /^corda-compat-.*-notary$/.test(name.replace('/', '')))
            ? { done: true, value: undefined }
            : { done: false, last: names.join(', ') };
        },
        { name: 'a notary that registers', limit: 60_000 },
      );
      run.killGroup(signal);
      await run.done();
      expect(await registering.leftovers(45_000)).toEqual([]);
      expect(await leftovers(45_000)).toEqual([]);
    } finally {
      await registering.remove();
    }
  });

  test('without an engine the cell is blocked, with what to do', async () => {
    const run = place.run(SUITES, { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    const end = await run.done();
    const cell = await end.cell(CELL);
    expect(cell.outcome).toBe('blocked');
    expect(cell.because).toMatch(/no Docker engine answers at DOCKER_HOST unix:\/\/\/nowhere.*provider local/);
    expect(end.code).toBe(1);
    expect(await place.leftovers(0)).toEqual([]);
  });
});
