import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CellReport } from '../../src/harness/judge/run-report.ts';
import { classFiles } from '../rig/class-bytes.ts';
import { FLOW } from '../rig/inspected-jar.ts';
import { makeJar } from '../rig/releases-rig.ts';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';
import { nodeProcess } from './node-process.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';

takeTurn('processors');

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
      // The longest good flow took more than 20 s beside two other networks on two processors; every hopeless one costs this much.
      limits: { flow: 40 },
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

  test.each([
    ['3.3-corda+4.8', '4.8 (party-b) pays 3.3-corda (party-a) 1.01 USD: the flow failed: '],
    ['3.3-corda+4.10', '4.10 (party-b) pays 3.3-corda (party-a) 1.01 USD: no answer within 40 s'],
  ])('%s: two operations are enough, on a network of their own', async (name, failed) => {
    const { replay } = await run.cell(name);
    expect(replay, JSON.stringify(replay)).toMatchObject({ result: 'came-back', enough: 2, looked: 2, seen: 2 });
    expect(replay?.story[0]).toContain(failed);
    expect(replay?.story[0]).toMatch(/; 2 of \d+ operations are enough; seen 2 times of 2$/);
    expect(await run.junit()).toContain(replay?.story[0]);
    expect(run.output).toContain(`${name}: replayed: ${replay?.story[0]}`);
    const folder = join(place.folder, 'results', replay?.evidence ?? '');
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['journal.jsonl', 'notary', 'party-a', 'party-b']));
  });

  test('the run fails and leaves nothing', async () => {
    expect(run.code).toBe(1);
    expect(await place.leftovers()).toEqual([]);
  });
});

describe('what fails once', () => {
  let place: Place;
  afterAll(() => place.remove());

  test('a node that stood still for as long as a flow may take: flaky, since nothing fails on other networks', async () => {
    place = await makePlace({
      releases: releases('4.5'),
      cordapps: finance('4.5'),
      pairs: [['4.5', '4.5']],
      limits: { flow: 20 },
    });
    const run = place.run(['suites/issue', 'suites/pay']);
    await run.says(/ok {2}suites\/issue.* 4\.5 \(party-b\)/);
    const node = await nodeProcess(place, 'party-b');
    process.kill(node, 'SIGSTOP');
    await journalSays(place, '4.5+4.5', /"result":"unknown"/);
    process.kill(node, 'SIGCONT');
    const end = await run.done();
    const cell = await end.cell('4.5+4.5');
    expect(stateOf(cell, '4.5 (party-a) pays 4.5 (party-b)')).toBe('failed');
    expect(cell.outcome, end.output).toBe('flaky');
    expect(cell.because).toContain('same seed, two answers');
    expect(cell.replay).toMatchObject({ result: 'gone', seen: 1, looked: 3, unexplained: [] });
    expect(cell.replay?.tries.map(({ result }) => result)).toEqual(['fine', 'fine']);
    expect(end.code).toBe(1);
    expect(end.lastLine).not.toMatch(/, 0 failed/);
    expect(await end.junit()).toContain('type="flaky"');
    expect(await place.leftovers()).toEqual([]);
  }, 600_000);
});

/** Waits for a line of a cell's journal. */
async function journalSays(place: Place, cell: string, pattern: RegExp): Promise<void> {
  const file = join(place.folder, 'results', cell, 'journal.jsonl');
  await waitUntil(
    async () => {
      const text = await readFile(file, 'utf8').catch(() => '');
      return pattern.test(text) ? { done: true, value: undefined } : { done: false, last: text.slice(-200) };
    },
    { name: `${String(pattern)} in ${file}`, limit: 120_000 },
  );
}

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
      workload: { shrink: false },
    });
    const run = await place.run(['suites/pay', 'suites/vault']).done();
    const cell = await run.cell('app-1+app-2');
    expect(cell.outcome).toBe('incompatible');
    expect(failureOf(cell, 'app-1 pays app-2')).toContain('app-1 pays app-2');
    expect(cell.replay).toBeUndefined();
    expect(run.code).toBe(1);
  }, 300_000);
});

describe('what nodes have loaded', () => {
  let place: Place;
  afterAll(() => place.remove());

  test('a CorDapp that nodes leave out without a word', async () => {
    place = await makePlace({
      releases: releases('3.3-corda', '4.5'),
      cordapps: { ...OLD_FINANCE, jar: ['app.JAR'] },
      topology: { notary: 'right' },
    });
    // Nodes look for files whose names end with .jar, in small letters.
    await writeFile(join(place.folder, 'app.JAR'), await makeJar(classFiles(FLOW)));
    const run = await place.run(['suites/health']).done();
    const cell = await run.cell('3.3-corda+4.5');
    expect(cell.outcome, run.output).toBe('incompatible');
    for (const node of ['3.3-corda (party-a)', '4.5 (party-b)', '4.5 (notary)']) {
      const message = failureOf(cell, `${node} has loaded the CorDapps`);
      expect(message).toContain(`${node} has not loaded app.JAR (seen: `);
      expect(message).toContain('corda-finance-3.3-corda');
    }
    expect(cell.tests.filter(({ state }) => state === 'failed')).toHaveLength(3);
  }, 300_000);
});
