import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Finished, type Place } from './compat-run.ts';
import { finance, releases } from './matrices.ts';

takeTurn('processors');

const CELL = '4.8+4.10';

describe('one cell of several', () => {
  let place: Place;
  let run: Finished;

  beforeAll(async () => {
    place = await makePlace({ releases: releases('4.5', '4.8', '4.10'), cordapps: finance('4.5'), pairs: 'adjacent' });
    run = await place.run(['--project', CELL]).done();
  });
  afterAll(() => place.remove());

  test('is compatible, and no test failed or was left out', async () => {
    const cell = await run.cell(CELL);
    expect(cell.outcome, run.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(cell.tests.map(({ name }) => name).join('\n')).toMatch(/pays .*: the money arrives/);
  });

  test('the run ends well and with its last line', () => {
    expect(run.lastLine).toMatch(/^\d+ passed, 0 failed$/);
    expect(run.code).toBe(0);
  });

  test('evidence of every node is kept, everything else is gone', async () => {
    const evidence = await readdir(join(place.folder, 'results', CELL));
    expect(evidence).toEqual(expect.arrayContaining(['journal.jsonl', 'notary', 'party-a', 'party-b']));
    expect(await place.leftovers()).toEqual([]);
  });

  test('a second run provisions that one alone, and downloads and builds nothing', async () => {
    const second = await place.run(['--project', CELL, 'suites/issue']).done();
    const report = await second.report();
    expect(report.cells.map(({ name, outcome }) => [name, outcome])).toEqual([[CELL, 'compatible']]);
    expect(second.output).not.toMatch(/ MB from |compiling |migrating |unpacking /i);
    expect(await place.leftovers()).toEqual([]);
  });
});
