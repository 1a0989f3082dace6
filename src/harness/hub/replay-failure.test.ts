import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { JOURNAL_FILE } from '../trade/views.ts';
import { CELL, replayRig, type ReplayRig } from '../testing/replay.ts';

let rig: ReplayRig;
beforeEach(async () => {
  rig = await replayRig();
});

describe('a failure that comes back', () => {
  test('is told with the fewest operations, on a network of its own that is removed', async () => {
    await rig.runWith('fail-and-lose');
    const { replayed, log, said } = await rig.replay({ faults: ['fail-and-lose'] });
    expect(replayed?.report).toMatchObject({
      result: 'came-back',
      operations: 7,
      enough: 2,
      looked: 2,
      seen: 2,
      evidence: '4.8+3.3-corda/replay-1/',
      tries: [{ operations: 2, result: 'failed', evidence: '4.8+3.3-corda/replay-1/' }],
    });
    const failed =
      '4.8 (party-a) pays 3.3-corda (party-b) 1.01 USD: the flow failed: UnexpectedFlowEndException: Counter-flow errored';
    expect(replayed?.report.story).toEqual([
      `${failed}; 2 of 7 operations are enough; seen 2 times of 2`,
      '1. 4.8 (party-a) issues 100.00 USD: ok',
      `2. ${failed}`,
      'seed 7; 1 try; evidence of these operations: 4.8+3.3-corda/replay-1/',
    ]);
    expect(log).toEqual([
      ...['provision', 'evidence', 'release'].map((event) => `${event} 4.8+3.3-corda`),
      ...['provision', 'evidence', 'release'].map((event) => `${event} 4.8+3.3-corda/replay-1`),
    ]);
    expect(said).toContain('4.8+3.3-corda: replaying 2 of 7 operations on a fresh network (try 1 of 5)');
    expect(replayed?.problems).toEqual([]);
  });

  test('is found by looking into the vaults where every operation was ok', async () => {
    await rig.runWith('lose');
    const { replayed } = await rig.replay({ faults: ['lose'] });
    expect(replayed?.report).toMatchObject({ result: 'came-back', enough: 2 });
    expect(replayed?.report.story[0]).toMatch(
      /^lost payment: 1\.01 USD from 4\.8 \(party-a\) to 3\.3-corda \(party-b\)/,
    );
    const views = await readFile(join(rig.results, CELL.name, 'replay-1', 'views.json'), 'utf8');
    expect(JSON.parse(views)).toHaveProperty('findings.0.kind');
    expect(views).toContain('"lost-payment"');
  });
});

test.each([
  ['one after the other', false, 1],
  ['at once', true, 2],
])('operations that were asked for %s are so again', async (_name, atOnce, busiest) => {
  await rig.runWith('no-answer', atOnce);
  const { busiest: seen } = await rig.replay({ faults: [undefined, 'no-answer'], limits: { tries: 2 } });
  expect(seen).toEqual([1, busiest]);
});

describe('a failure that does not come back', () => {
  test('was tried in part and as a whole', async () => {
    await rig.runWith('fail');
    const { replayed } = await rig.replay({});
    expect(replayed?.report).toMatchObject({
      result: 'gone',
      looked: 3,
      seen: 1,
      tries: [
        { operations: 2, result: 'fine' },
        { operations: 7, result: 'fine' },
      ],
    });
    expect(replayed?.report.story[0]).toMatch(
      /1\.01 USD: the flow failed: .*; seen once, not in the replay of all 7 operations/,
    );
  });

  test('tells failed tests that no operation explains', async () => {
    await rig.runWith('fail');
    const tests = [
      { file: 'suites/pay.test.ts', name: 'a unit test' },
      { file: 'suites/vault.test.ts', name: 'agree to the cent' },
      { file: 'suites/health.test.ts', name: 'answers RPC' },
    ];
    const { replayed } = await rig.replay({ failedTests: tests });
    expect(replayed?.report.unexplained).toEqual(['suites/health.test.ts > answers RPC']);
  });
});

describe('nobody knows', () => {
  test('where all is fine without what a suite did to nodes', async () => {
    await rig.runWith('fail');
    const journal = join(rig.results, CELL.name, JOURNAL_FILE);
    const upgraded = (await readFile(journal, 'utf8')).replaceAll('"fromRelease":"4.8"', '"fromRelease":"4.9"');
    await writeFile(journal, upgraded);
    const { replayed } = await rig.replay({ isChanged: true });
    const again = await readFile(join(rig.results, CELL.name, 'replay-1', JOURNAL_FILE), 'utf8');
    expect(again).toContain('"fromRelease":"4.8"');
    expect(again).not.toContain('"4.9"');
    expect(replayed?.report).toMatchObject({ result: 'unknown', tries: [{ result: 'fine' }, { result: 'fine' }] });
    expect(replayed?.report.story).toEqual([
      expect.stringMatching(
        /1\.01 USD: .*; no replay tells whether it comes back: a suite stopped, started or upgraded nodes/,
      ),
    ]);
  });

  test('where a node dies meanwhile', async () => {
    await rig.runWith('fail');
    const died = { outcome: 'blocked', step: 'suites', message: 'party-b ended while trading' } as const;
    const { replayed, log } = await rig.replay({ faults: ['fail'], changes: { losses: () => [died] } });
    expect(replayed?.report).toMatchObject({ result: 'unknown', stopped: 'party-b ended while trading' });
    expect(log.filter((event) => event.startsWith('provision'))).toHaveLength(2);
  });

  test('where the run is interrupted: what is in flight is given up, and the network removed', async () => {
    await rig.runWith('no-answer');
    const onUp = (interrupt: (why: string) => void): void => void setTimeout(() => interrupt('SIGINT'), 100);
    const { replayed, log } = await rig.replay({ faults: ['no-answer'], onUp });
    expect(replayed?.report).toMatchObject({ result: 'unknown', stopped: 'SIGINT stopped the run' });
    expect(log.at(-1)).toBe('release 4.8+3.3-corda/replay-1');
  });

  test('where its time is over', async () => {
    await rig.runWith('no-answer');
    const { replayed, log } = await rig.replay({ faults: ['no-answer'], limits: { limit: 100 } });
    expect(replayed?.report).toMatchObject({ result: 'unknown', stopped: 'the limit of 0.1 s is over' });
    expect(log.at(-1)).toBe('release 4.8+3.3-corda/replay-1');
  });
});

test('a network that cannot be removed is told, though its failure came back', async () => {
  await rig.runWith('fail');
  const { replayed } = await rig.replay({
    faults: ['fail'],
    changes: { release: () => Promise.reject(new Error('stuck')) },
  });
  expect(replayed?.report.result).toBe('came-back');
  expect(replayed?.problems).toMatchObject([{ step: 'destroy', message: 'try 1: stuck' }]);
});

test.each([
  ['no operation failed', () => rig.runWith()],
  ['nothing was asked for', () => Promise.resolve()],
  [
    'the journal cannot be trusted',
    async () => {
      await mkdir(join(rig.results, CELL.name));
      await writeFile(join(rig.results, CELL.name, JOURNAL_FILE), 'nonsense\n{}\n');
    },
  ],
])('nothing is replayed where %s', async (_name, run) => {
  await run();
  const { replayed, log } = await rig.replay({});
  expect(replayed).toBeUndefined();
  expect(log.filter((event) => event.startsWith('provision'))).toHaveLength(1);
});
