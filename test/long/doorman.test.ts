import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, OLD_CASH } from '../e2e/matrices.ts';

takeTurn('processors');

describe('nodes that register with a doorman', () => {
  let place: Place;
  let run: Finished;

  beforeAll(async () => {
    place = await makePlace({
      releases: {
        '3.3-corda': { maven: '3.3-corda', cordapps: OLD_CASH },
        '4.5': { maven: '4.5', cordapps: finance('4.5') },
        '4.5-old-cash': { maven: '4.5', cordapps: OLD_CASH },
        '4.10': { maven: '4.10', cordapps: finance('4.5') },
      },
      pairs: [
        ['4.5', '4.10'],
        ['3.3-corda', '4.5-old-cash'],
      ],
      topology: { onboarding: 'doorman' },
    });
    run = await place.run(['--project', '4.5+4.10']).done();
  }, 600_000);
  afterAll(() => place.remove());

  async function evidence(cell: string, ...path: readonly string[]): Promise<string> {
    return await readFile(join(place.folder, 'results', cell, ...path), 'utf8');
  }

  test('trade as those of a minted network: every suite of 4.5+4.10 is green', async () => {
    const cell = await run.cell('4.5+4.10');
    expect(cell.outcome, cell.because).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(cell.tests.map(({ name }) => name).join('\n')).toMatch(/pays .*: the money arrives/);
    expect(run.code).toBe(0);
  });

  test('the notary registers first, and the run says each step', () => {
    const order = [
      'notary (4.5) is registered',
      'network parameters',
      'party-b (4.10) is registered',
      'notary (4.5) is up',
    ];
    const places = order.map((words) => run.output.indexOf(words));
    expect(places.every((at) => at > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(run.output).toMatch(/Start a doorman with a trust root of its own/);
  });

  test('each asked for its certificate itself, with its own release, and none was made for it', async () => {
    const folder = join(place.folder, 'results', '4.5+4.10', 'doorman/zone/requests');
    const files = (await readdir(folder)).sort();
    const requests = await Promise.all(
      files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Record<string, string>),
    );
    const told = requests.map(({ name, clientVersion, state }) => [name?.split(',')[0], clientVersion, state]);
    expect(told[0]).toEqual(['O=Notary', '4.5', 'approved']);
    expect(told.slice(1).sort()).toEqual([
      ['O=PartyA', '4.5', 'approved'],
      ['O=PartyB', '4.10', 'approved'],
    ]);
    expect(await evidence('4.5+4.10', 'party-b', 'node.conf')).toMatch(/"devMode": false/);
    const storage = await evidence('4.5+4.10', 'doorman', 'storage.txt');
    expect(storage.match(/^zone\/node-infos\//gm)).toHaveLength(3);
    expect(await evidence('4.5+4.10', 'doorman', 'console.log')).toMatch(
      /certificate for O=PartyB.*Corda 4\.10\) approved/,
    );
    expect(await readdir(join(place.folder, 'results', '4.5+4.10'))).not.toContain('mint.log');
    expect(await place.leftovers()).toEqual([]);
  });

  test('3.3 registers beside 4.5, and each finds the other by the network map', async () => {
    const suites = ['suites/health.test.ts', 'suites/issue.test.ts'];
    const second = await place.run(['--project', '3.3-corda+4.5-old-cash', ...suites]).done();
    const cell = await second.cell('3.3-corda+4.5-old-cash');
    expect(cell.outcome, cell.because).toBe('compatible');
    const titles = cell.tests.map(({ name }) => name).join('\n');
    expect(titles).toContain('3.3-corda (party-a) sees every node of the network');
    expect(titles).toContain('4.5-old-cash (party-b) sees every node of the network');
    expect(second.output).toContain('party-a (3.3-corda) is registered');
    expect(await evidence('3.3-corda+4.5-old-cash', 'doorman', 'console.log')).toMatch(
      /certificate for O=PartyA.*Corda 3\.3-corda\) approved/,
    );
    expect(await place.leftovers()).toEqual([]);
  }, 300_000);
});
