import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAULTS } from '../controls/faults.ts';
import { makePlace, type Finished, type Place } from './compat-run.ts';
import { finance, releases } from './matrices.ts';

const CELL = '4.8+4.10';
const CONFIG = ['--config', 'test/controls/vitest.config.ts'];

interface Found {
  readonly name: string;
  readonly found: readonly string[];
}

// The oracle is worth something if it sees what is wrong: faults are planted in a network of real nodes, one after the other.
describe('positive controls', () => {
  let place: Place;
  let run: Finished;
  let found: readonly Found[];

  beforeAll(async () => {
    place = await makePlace({ releases: releases('4.8', '4.10'), cordapps: finance('4.8') });
    const file = join(place.folder, 'found.jsonl');
    const env = { CONTROLS_SPACES: join(place.folder, 'tmp'), CONTROLS_FOUND: file };
    run = await place.run(CONFIG, env).done();
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
    found = lines.map((line) => JSON.parse(line) as Found);
  }, 600_000);
  afterAll(() => place.remove());

  test('every planted fault is found, with the right class; once it is mended nothing is', async () => {
    const cell = await run.cell(CELL);
    expect(cell.outcome, run.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(found.map(({ name }) => name)).toEqual(FAULTS.map(({ name }) => name));
  });

  test('the table of faults in the documents is the one that was seen', async () => {
    await expect(pageOf(found)).toMatchFileSnapshot('../../docs/positive-controls.md');
  });
});

function isCaught({ name, found }: Found): boolean {
  const kinds = FAULTS.find((fault) => fault.name === name)?.kinds ?? [];
  return kinds.length > 0 && kinds.every((kind) => found.includes(kind));
}

/** The page as people read it; `-u` writes it anew. */
function pageOf(all: readonly Found[]): string {
  return [
    '# Positive controls',
    '',
    'What the oracle says of faults that are planted in a network of real nodes, one after the other, and mended again: rows of their own',
    'databases by SQL, and what is told of operations. This page is made by `test/e2e/positive-controls.test.ts`, and each line of it is seen',
    'there anew whenever the tests run. Once a fault is mended, nothing is found.',
    '',
    '| planted | | what is found |',
    '| ------- | - | ------------- |',
    ...all.map((each) => `| ${each.name} | ${isCaught(each) ? 'caught' : 'missed'} | ${each.found.join(', ')} |`),
    '',
  ].join('\n');
}
