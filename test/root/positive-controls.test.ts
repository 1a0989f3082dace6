import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOCK_FAULT, NO_CLOCKS, shiftedJava } from '../controls/clocks.ts';
import type { Finding } from '../../src/harness/trade/views.ts';
import { FAULTS } from '../controls/faults.ts';
import { FULL_DISK, LOST } from '../controls/full-disk.ts';
import { RECOVERIES } from '../controls/recoveries.ts';
import { kindsOf, type Found } from '../controls/seeds.ts';
import { cheatingRelease } from '../rig/cheating-release.ts';
import { describeNeeding, takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

takeTurn('processors');

const CELL = '4.8+4.10';
const CHEATED = '4.8+cheats';
const CONFIG = ['--config', 'test/controls/vitest.config.ts'];
/** 20 take half an hour. */
const { CONTROLS_SEEDS = '1' } = process.env;

/** What a node does that is built from a changed source. */
const CHEAT = {
  name: 'a node, built from git, pays a cent more than it is asked for',
  kinds: ['transaction-differs', 'vault-differs'],
} as const;

let found: readonly Found[] = [];
let cheat: readonly string[] = [];
let isClockFound = false;

// The oracle is worth something if it sees what is wrong, and is silent where all is well in the end: faults are planted in a
// network of real nodes, one after the other, and nodes are hindered in ways from which they recover.
describe('positive controls', () => {
  let place: Place;
  let run: Finished;

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
    expect(cell.tests.filter(({ state }) => state === 'failed')).toEqual([]);
    const names = [...[...FAULTS, ...RECOVERIES].map(({ name }) => name), FULL_DISK];
    expect(new Set(found.map(({ name }) => name))).toEqual(new Set(names));
    // Once a full disk has lost a payment, there is none for the seeds that follow.
    const others = found.filter(({ name }) => name !== FULL_DISK);
    expect(others).toHaveLength((names.length - 1) * Number(CONTROLS_SEEDS));
  });
});

describe('a node that pays a cent too much', () => {
  let place: Place;
  let run: Finished;

  beforeAll(async () => {
    place = await makePlace({});
    const matrix = {
      releases: { ...releases('4.8'), cheats: await cheatingRelease(place.folder, '4.8') },
      cordapps: finance('4.8'),
      pairs: [['4.8', 'cheats']],
    };
    await writeFile(join(place.folder, 'matrix.json'), JSON.stringify(matrix));
    run = await place.run().done();
    cheat = await foundIn(place, CHEATED);
  }, 600_000);
  afterAll(() => place.remove());

  test('is found at the vault of who is paid, and by the oracle', async () => {
    const cell = await run.cell(CHEATED);
    expect(cell.outcome, run.output).toBe('incompatible');
    const failed = cell.tests.flatMap(({ name, state }) => (state === 'failed' ? [name] : [])).join('\n');
    expect(failed).toMatch(/cheats pays 4\.8: the money arrives/);
    expect(failed).toMatch(/vaults, operations and notary agree to the cent/);
    expect(failed).not.toMatch(/4\.8 pays cheats/);
    expect(run.output).toMatch(/1\.01 USD: reported as done, but the money never arrived/);
    expect(cheat).toEqual(CHEAT.kinds);
    expect(cell.right).toMatchObject({ release: 'cheats', version: '4.8', commit: expect.any(String) as string });
  });
});

// A fault of a machine, not of what a node has: the suite health is there for those.
describeNeeding(NO_CLOCKS, 'a clock an hour off', () => {
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
    expect(cell.outcome, cell.because).toBe('blocked');
    isClockFound = true;
    expect(run.code).toBe(1);
  });
});

describeNeeding(NO_CLOCKS, 'the table in the documents', () => {
  test('is the one that was seen', async () => {
    await expect(pageOf({ found, cheat, isClockFound })).toMatchFileSnapshot('../../docs/positive-controls.md');
  });
});

/** Of the findings of a cell's vault suite. */
async function foundIn({ folder }: Place, cell: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'results', cell, 'views.json'), 'utf8');
  const { findings } = JSON.parse(text) as { readonly findings: readonly Finding[] };
  return kindsOf(findings);
}

function isWholeOrLost(found: Found['found']): boolean {
  return found.length === 0 || (found.includes('flow-left') && found.every((kind) => LOST.includes(kind)));
}

/** What the page tells of. */
interface Seen {
  readonly found: readonly Found[];
  readonly cheat: readonly string[];
  readonly isClockFound: boolean;
}

/** The page as people read it; `-u` writes it anew. It is the same for one seed and for many. */
function pageOf({ found: all, cheat, isClockFound }: Seen): string {
  const everySeed = (name: string, isRight: (found: Found['found']) => boolean): boolean => {
    const seen = all.filter((each) => each.name === name);
    return seen.length > 0 && seen.every((each) => isRight(each.found));
  };
  return [
    '# Positive controls',
    '',
    'A network of real nodes gets planted faults, one after the other, and the oracle must find each. The faults are rows of the nodes’ own',
    'databases, changed by SQL, and false reports of operations. Without the fault, the oracle finds nothing. One fault is a release, built from',
    'a git repository with another payment flow. The oracle must not report events from which nodes recover by themselves.',
    '`test/root/positive-controls.test.ts` makes this page and sees each line anew in each run of the tests. `CONTROLS_SEEDS=20` in its environment',
    'does so for as many trades and victims.',
    '',
    '| planted | | must be found |',
    '| ------- | - | ------------------ |',
    ...FAULTS.map(({ name, kinds }) => {
      const caught = everySeed(name, (found) => kinds.every((kind) => found.includes(kind)));
      return `| ${name} | ${caught ? 'caught' : 'missed'} | ${[...kinds].sort().join(', ')} |`;
    }),
    `| ${CHEAT.name} | ${CHEAT.kinds.every((kind) => cheat.includes(kind)) ? 'caught' : 'missed'} | ${CHEAT.kinds.join(', ')} |`,
    '',
    '| nodes recover from | |',
    '| ------------------ | - |',
    ...RECOVERIES.map(({ name }) => {
      const silent = everySeed(name, (found) => found.length === 0);
      return `| ${name} | ${silent ? 'not reported' : 'REPORTED'} |`;
    }),
    '',
    'Nodes mostly recover from a full disk, and the oracle finds nothing. A payment that its node has taken and could not write is lost:',
    '',
    '| may cost a payment | | must be found then, and nothing else |',
    '| ------------------ | - | ------------------------------------ |',
    `| ${FULL_DISK} | ${everySeed(FULL_DISK, isWholeOrLost) ? 'told apart' : 'WRONG'} | ${[...LOST].sort().join(', ')} |`,
    '',
    'The suite `health` finds this fault, in a network of its own:',
    '',
    '| planted | | found |',
    '| ------- | - | ------------- |',
    `| ${CLOCK_FAULT.name} | ${isClockFound ? 'caught' : 'missed'} | ${CLOCK_FAULT.found}: \`blocked\` |`,
    '',
  ].join('\n');
}
