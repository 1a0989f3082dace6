import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOCK_FAULT, describeWithClocks, shiftedJava } from '../controls/clocks.ts';
import { FAULTS } from '../controls/faults.ts';
import { RECOVERIES } from '../controls/recoveries.ts';
import type { Found } from '../controls/seeds.ts';
import { makePlace, type Finished, type Place } from './compat-run.ts';
import { finance, releases } from './matrices.ts';

const CELL = '4.8+4.10';
const CONFIG = ['--config', 'test/controls/vitest.config.ts'];
/** 20 take half an hour. */
const { CONTROLS_SEEDS = '1' } = process.env;

// The oracle is worth something if it sees what is wrong, and is silent where all is well in the end: faults are planted in a
// network of real nodes, one after the other, and nodes are hindered in ways from which they recover.
describe('positive controls', () => {
  let place: Place;
  let run: Finished;
  let found: readonly Found[];

  beforeAll(
    async () => {
      place = await makePlace({ releases: releases('4.8', '4.10'), cordapps: finance('4.8') });
      const file = join(place.folder, 'found.jsonl');
      const env = { CONTROLS_SPACES: join(place.folder, 'tmp'), CONTROLS_FOUND: file, CONTROLS_SEEDS };
      run = await place.run(CONFIG, env).done();
      const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
      found = lines.map((line) => JSON.parse(line) as Found);
    },
    Number(CONTROLS_SEEDS) * 600_000,
  );
  afterAll(() => place.remove());

  test('every planted fault is found, with the right class; what nodes recover from is not reported', async () => {
    const cell = await run.cell(CELL);
    expect(cell.outcome, run.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    const names = [...FAULTS, ...RECOVERIES].map(({ name }) => name);
    expect(new Set(found.map(({ name }) => name))).toEqual(new Set(names));
    expect(found).toHaveLength(names.length * Number(CONTROLS_SEEDS));
  });

  test('the table in the documents is the one that was seen', async () => {
    await expect(pageOf(found)).toMatchFileSnapshot('../../docs/positive-controls.md');
  });
});

// A fault of a machine, not of what a node has: the suite health is there for those.
describeWithClocks('a clock an hour off', () => {
  let place: Place;

  beforeAll(async () => {
    place = await makePlace({ releases: releases('4.8', '4.10'), cordapps: finance('4.8') });
  });
  afterAll(() => place.remove());

  test('is found by the suite health, which names the node; nothing else complains', async () => {
    const home = await shiftedJava(place.folder);
    const run = await place.run(['suites/health'], { COMPAT_JAVA_8_HOME: home }).done();
    const cell = await run.cell(CELL);
    const failed = cell.tests.filter(({ state }) => state !== 'passed');
    expect(
      failed.map(({ name }) => name),
      run.output,
    ).toEqual(['the clocks of all nodes agree']);
    expect(run.output).toContain(CLOCK_FAULT.found);
    expect(run.code).toBe(1);
  });
});

/** The page as people read it; `-u` writes it anew. It is the same for one seed and for many. */
function pageOf(all: readonly Found[]): string {
  const everySeed = (name: string, isRight: (found: readonly string[]) => boolean): boolean => {
    const seen = all.filter((each) => each.name === name);
    return seen.length > 0 && seen.every((each) => isRight(each.found));
  };
  return [
    '# Positive controls',
    '',
    'What the oracle says of a network of real nodes in which faults are planted, one after the other, and mended again: rows of their own',
    'databases by SQL, and what is told of operations. Once a fault is mended, nothing is found. What nodes recover from by themselves is no',
    'fault, and must not be reported. This page is made by `test/e2e/positive-controls.test.ts`, and each line of it is seen there anew whenever',
    'the tests run; `CONTROLS_SEEDS=20` in its environment does so for as many trades and victims.',
    '',
    '| planted | | what must be found |',
    '| ------- | - | ------------------ |',
    ...FAULTS.map(({ name, kinds }) => {
      const caught = everySeed(name, (found) => kinds.every((kind) => found.includes(kind)));
      return `| ${name} | ${caught ? 'caught' : 'missed'} | ${[...kinds].sort().join(', ')} |`;
    }),
    '',
    '| nodes recover from | |',
    '| ------------------ | - |',
    ...RECOVERIES.map(({ name }) => {
      const silent = everySeed(name, (found) => found.length === 0);
      return `| ${name} | ${silent ? 'not reported' : 'REPORTED'} |`;
    }),
    '',
    'Found by the suite `health`, in a network of its own:',
    '',
    '| planted | | what is found |',
    '| ------- | - | ------------- |',
    `| ${CLOCK_FAULT.name} | caught | ${CLOCK_FAULT.found} |`,
    '',
  ].join('\n');
}
