import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { fakeNetwork as fakeMoney, type FakeNetwork } from '../../../fixtures/fake-network.ts';
import { tryToPay } from '../../../fixtures/payments.ts';
import { Vaults } from '../../../fixtures/vaults.ts';
import { usd } from '../../../fixtures/money.ts';
import type { Cell } from '../domain/cell.ts';
import type { ReplayLimits } from '../domain/replay.ts';
import { JOURNAL_FILE } from '../oracle/stored-views.ts';
import type { Fault } from '../../../fixtures/fake-network.ts';
import { fakeCell, fakeNetwork, fakeProvisioner } from './fake-networks.ts';
import { createHub } from './hub.ts';
import type { ProvisionedCell } from './provisioner.ts';
import { replayFailure, type Replayed } from './replay-failure.ts';

const CELL: Cell = { ...fakeCell('4.8+3.3-corda'), workload: { seed: 7, operations: 4, parallel: 2 } };
const LIMITS: ReplayLimits = { tries: 5, limit: 60_000 };
const A_TO_B = 'party-a party-b';

let results: string;
beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), 'corda-compat-replay-'));
  onTestFinished(() => rm(results, { recursive: true }));
});

/** A network over money that is not real; its journal lies where the cell's evidence does. */
async function moneyOf(cell: string): Promise<FakeNetwork> {
  const folder = join(results, cell);
  await mkdir(folder, { recursive: true });
  const money = await fakeMoney(folder, 500);
  onTestFinished(() => money.close());
  return money;
}

/** The run: both issue and pay each other, and the vaults are looked into. */
async function runWith(fault?: Fault): Promise<void> {
  const { network, faults } = await moneyOf(CELL.name);
  if (fault) faults.set(A_TO_B, fault);
  const [a, b] = network.peers;
  if (!a || !b) throw new Error('there are two peers');
  for (const peer of [a, b]) await peer.issueCoins(2, usd(100_00));
  await tryToPay(b, a, usd(1_00));
  await tryToPay(a, b, usd(1_01));
  await tryToPay(a, b, usd(1_02));
  await new Vaults(network).mustAgree().catch(() => undefined);
}

interface Again {
  /** Of the networks on which operations are carried out again, in their order. */
  readonly faults?: readonly (Fault | undefined)[];
  readonly limits?: Partial<ReplayLimits>;
  readonly changes?: Partial<ProvisionedCell>;
  readonly failedTests?: readonly { file: string; name: string }[];
  /** Whether a suite has done something to a node. */
  readonly isChanged?: boolean;
  /** Called when the first of them is up. */
  readonly onUp?: (interrupt: (why: string) => void) => void;
}

async function replay(again: Again): Promise<{ replayed: Replayed | undefined; log: string[]; said: string[] }> {
  const { faults = [], limits = {}, changes = {}, failedTests = [], isChanged = false, onUp } = again;
  const [log, said]: [string[], string[]] = [[], []];
  let number = 0;
  const hub = createHub({
    groups: [[CELL]],
    progress: { say: (text, cell) => void said.push(`${cell ?? ''}: ${text}`) },
    provisioner: () =>
      Promise.resolve(
        fakeProvisioner(
          (event) => log.push(event),
          async (cell) => {
            if (cell.replayOf === undefined) return fakeNetwork(cell, (event) => log.push(event));
            const money = await moneyOf(cell.name);
            const fault = faults[number++];
            if (fault) money.faults.set(A_TO_B, fault);
            onUp?.((why) => hub.interrupt(why));
            return fakeNetwork(cell, (event) => log.push(event), { lease: money.network.lease, ...changes });
          },
        ),
      ),
  });
  await hub.lease(CELL.name);
  if (isChanged) await hub.deed(CELL.name, 'party-b', 'start');
  const networks = await hub.others();
  if (!networks) throw new Error('there are networks');
  const replayed = await replayFailure({
    cell: CELL,
    limits: { ...LIMITS, ...limits },
    folder: join(results, CELL.name),
    failedTests,
    networks,
    progress: { say: (text, cell) => void said.push(`${cell ?? ''}: ${text}`) },
  });
  return { replayed, log, said };
}

describe('a failure that comes back', () => {
  test('is told with the fewest operations, on a network of its own that is removed', async () => {
    await runWith('fail-and-lose');
    const { replayed, log, said } = await replay({ faults: ['fail-and-lose'] });
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
    await runWith('lose');
    const { replayed } = await replay({ faults: ['lose'] });
    expect(replayed?.report).toMatchObject({ result: 'came-back', enough: 2 });
    expect(replayed?.report.story[0]).toMatch(
      /^lost payment: 1\.01 USD from 4\.8 \(party-a\) to 3\.3-corda \(party-b\)/,
    );
    const views = await readFile(join(results, CELL.name, 'replay-1', 'views.json'), 'utf8');
    expect(JSON.parse(views)).toHaveProperty('findings.0.kind');
    expect(views).toContain('"lost-payment"');
  });
});

describe('a failure that does not come back', () => {
  test('was tried in part and as a whole', async () => {
    await runWith('fail');
    const { replayed } = await replay({});
    expect(replayed?.report).toMatchObject({
      result: 'gone',
      looked: 3,
      seen: 1,
      tries: [
        { operations: 2, result: 'fine' },
        { operations: 7, result: 'fine' },
      ],
    });
    expect(replayed?.report.story[0]).toMatch(/1\.01 USD: the flow failed: .*; seen once, not when all 7 operations/);
  });

  test('tells failed tests that no operation explains', async () => {
    await runWith('fail');
    const tests = [
      { file: 'suites/pay.test.ts', name: 'a unit test' },
      { file: 'suites/vault.test.ts', name: 'agree to the cent' },
      { file: 'suites/health.test.ts', name: 'answers RPC' },
    ];
    const { replayed } = await replay({ failedTests: tests });
    expect(replayed?.report.unexplained).toEqual(['suites/health.test.ts > answers RPC']);
  });
});

describe('nobody knows', () => {
  test('where all is fine without what a suite did to nodes', async () => {
    await runWith('fail');
    const { replayed } = await replay({ isChanged: true });
    expect(replayed?.report).toMatchObject({ result: 'unknown', tries: [{ result: 'fine' }, { result: 'fine' }] });
    expect(replayed?.report.story).toEqual([
      expect.stringMatching(
        /1\.01 USD: .*; whether it comes back is not known: a suite stopped, started or upgraded nodes/,
      ),
    ]);
  });

  test('where a node dies meanwhile', async () => {
    await runWith('fail');
    const died = { outcome: 'blocked', step: 'suites', message: 'party-b ended while trading' } as const;
    const { replayed, log } = await replay({ faults: ['fail'], changes: { casualties: () => [died] } });
    expect(replayed?.report).toMatchObject({ result: 'unknown', stopped: 'party-b ended while trading' });
    expect(log.filter((event) => event.startsWith('provision'))).toHaveLength(2);
  });

  test('where the run is interrupted: what is in flight is given up, and the network removed', async () => {
    await runWith('no-answer');
    const onUp = (interrupt: (why: string) => void): void => void setTimeout(() => interrupt('SIGINT'), 100);
    const { replayed, log } = await replay({ faults: ['no-answer'], onUp });
    expect(replayed?.report).toMatchObject({ result: 'unknown', stopped: 'SIGINT stopped the run' });
    expect(log.at(-1)).toBe('release 4.8+3.3-corda/replay-1');
  });

  test('where its time is over', async () => {
    await runWith('no-answer');
    const { replayed, log } = await replay({ faults: ['no-answer'], limits: { limit: 100 } });
    expect(replayed?.report).toMatchObject({ result: 'unknown', stopped: 'the 0.1 s for it are over' });
    expect(log.at(-1)).toBe('release 4.8+3.3-corda/replay-1');
  });
});

test('a network that cannot be removed is told, though its failure came back', async () => {
  await runWith('fail');
  const { replayed } = await replay({
    faults: ['fail'],
    changes: { release: () => Promise.reject(new Error('stuck')) },
  });
  expect(replayed?.report.result).toBe('came-back');
  expect(replayed?.problems).toEqual([{ step: 'destroy', message: 'try 1: stuck' }]);
});

test.each([
  ['no operation failed', () => runWith()],
  ['nothing was asked for', () => Promise.resolve()],
  [
    'the journal cannot be trusted',
    async () => {
      await mkdir(join(results, CELL.name));
      await writeFile(join(results, CELL.name, JOURNAL_FILE), 'nonsense\n{}\n');
    },
  ],
])('nothing is replayed where %s', async (_name, run) => {
  await run();
  const { replayed, log } = await replay({});
  expect(replayed).toBeUndefined();
  expect(log.filter((event) => event.startsWith('provision'))).toHaveLength(1);
});
