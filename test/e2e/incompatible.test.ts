import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CellReport } from '../../src/harness/report/run-report.ts';
import { makePlace, type Finished, type Place } from './compat-run.ts';
import { finance, releases } from './matrices.ts';

const OLD_FINANCE = { maven: ['net.corda:corda-finance:3.3-corda'] };

/** The message of a cell's failed test whose name holds `name`. */
function failureOf(cell: CellReport, name: string): string {
  const found = cell.tests.find((each) => each.name.includes(name));
  expect(found?.state, `${name} in ${cell.tests.map((each) => `${each.state} ${each.name}`).join('\n')}`).toBe(
    'failed',
  );
  return [...(found?.errors ?? []).map(({ message }) => message), ...(found?.words ?? [])].join('\n');
}

function stateOf(cell: CellReport, name: string): string | undefined {
  return cell.tests.find((each) => each.name.includes(name))?.state;
}

describe('what 4.x cannot send to 3.3', () => {
  let place: Place;
  let run: Finished;

  beforeAll(async () => {
    place = await makePlace({
      releases: releases('3.3-corda', '4.8', '4.10'),
      cordapps: OLD_FINANCE,
      pairs: [
        ['3.3-corda', '4.8'],
        ['3.3-corda', '4.10'],
      ],
      // The newer notary is the one that was proven with 3.3 peers in both directions.
      topology: { notary: 'right' },
      // The longest good flow took 9 s on a loaded machine; every hopeless one costs this much.
      limits: { flow: 20 },
    });
    run = await place.run().done();
  }, 900_000);
  afterAll(() => place.remove());

  test('4.10 pays 3.3-corda: no answer, with 3.3’s own words', async () => {
    const cell = await run.cell('3.3-corda+4.10');
    expect(cell.outcome).toBe('incompatible');
    const message = failureOf(cell, '4.10 pays 3.3-corda');
    expect(message).toContain('4.10 pays 3.3-corda: no answer');
    expect(message).toContain('Received corrupt SessionMessage');
    expect(stateOf(cell, '3.3-corda pays 4.10')).toBe('passed');
  });

  test('4.8 pays 3.3-corda: the counter-flow fails and the vault suite says where the money went', async () => {
    const cell = await run.cell('3.3-corda+4.8');
    expect(cell.outcome).toBe('incompatible');
    expect(failureOf(cell, '4.8 pays 3.3-corda')).toMatch(/4\.8 pays 3\.3-corda: .*Counter-flow errored/);
    expect(stateOf(cell, '3.3-corda pays 4.8')).toBe('passed');
    expect(failureOf(cell, 'agree to the cent')).toMatch(/lost|missing/i);
  });

  test('the run fails and leaves nothing', async () => {
    expect(run.code).toBe(1);
    expect(await place.leftovers()).toEqual([]);
  });
});

describe('pairs that must fail do fail', () => {
  let place: Place;
  afterAll(() => place.remove());

  test('a minimumPlatformVersion above one node’s', async () => {
    place = await makePlace({
      releases: releases('4.5', '4.8'),
      cordapps: finance('4.5'),
      topology: { minimumPlatformVersion: 10 },
    });
    const run = await place.run().done();
    const cell = await run.cell('4.5+4.8');
    expect(cell.outcome).toBe('incompatible');
    expect(cell.because).toContain('4.5+4.8');
    expect(cell.because).toContain("platform version is lower than network's required minimumPlatformVersion");
    expect(run.code).toBe(1);
    expect(await run.junit()).toMatch(/<error|<failure/);
    expect(await place.leftovers()).toEqual([]);
  }, 300_000);

  test('the same release with CorDapps whose hashes differ', async () => {
    const other = { maven: ['net.corda:corda-finance:3.2-corda'] };
    await place.remove();
    place = await makePlace({
      releases: { 'app-1': { maven: '4.5', cordapps: OLD_FINANCE }, 'app-2': { maven: '4.5', cordapps: other } },
    });
    const run = await place.run(['suites/pay', 'suites/vault']).done();
    const cell = await run.cell('app-1+app-2');
    expect(cell.outcome).toBe('incompatible');
    expect(failureOf(cell, 'app-1 pays app-2')).toContain('app-1 pays app-2');
    expect(run.code).toBe(1);
  }, 300_000);
});
