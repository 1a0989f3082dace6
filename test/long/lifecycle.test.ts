import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

takeTurn('processors');

const CELL = '4.5+4.10';

describe('the life of nodes', () => {
  let place: Place;
  let run: Finished;

  beforeAll(async () => {
    // Each release with CorDapps of its own: an upgrade brings those of the other one.
    place = await makePlace({
      releases: releases('4.5', '4.10'),
      cordapps: finance('{version}'),
      workload: { operations: 8, seed: 3 },
    });
    run = await place.run(['suites/lifecycle', 'suites/vault'], { COMPAT_LIFECYCLE: '1' }).done();
  }, 900_000);
  afterAll(() => place.remove());

  test('nothing is lost when any of them stops or dies and comes again, and none of it stops the cell', async () => {
    const cell = await run.cell(CELL);
    expect(cell.outcome, run.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    for (const id of ['4.5 (notary)', '4.5 (party-a)', '4.10 (party-b)']) {
      const restart = cell.tests.find(({ name }) => name.startsWith(id) && name.includes('in the middle of trade'));
      expect(restart?.state, id).toBe('passed');
    }
    expect(run.output).toMatch(/(killing|stopping) notary \(4\.5\)[^]*notary \(4\.5\) is up after/);
  });

  test('the left release becomes the right one on its data: back before it trades, and for good, the notary at the end', () => {
    const told = /upgrading \S+ from .*|the database of .* is migrated|party-\S+ goes back to .*/g;
    expect(run.output.match(told)).toEqual([
      'upgrading party-a from 4.5 to 4.10',
      'the database of party-a (4.10) is migrated',
      'party-a goes back to 4.5',
      'upgrading party-a from 4.5 to 4.10',
      'the database of party-a (4.10) is migrated',
      'upgrading notary from 4.5 to 4.10',
      'the database of notary (4.10) is migrated',
    ]);
  });

  test('money of before is judged with what was paid since', async () => {
    const { metrics = [] } = await run.cell(CELL);
    expect(metrics.filter(({ name }) => name === 'corda_compat_findings')).toEqual([]);
  });

  test('nothing is left', async () => {
    expect(await place.leftovers()).toEqual([]);
  });
});
