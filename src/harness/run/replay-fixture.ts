import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fakeNetwork as fakeMoney, type FakeNetwork, type Fault } from '../../../fixtures/fake-network.ts';
import { tryToPay } from '../../../fixtures/payments.ts';
import { Vaults } from '../../../fixtures/vaults.ts';
import { usd } from '../../../fixtures/money.ts';
import type { Cell } from '../domain/cell.ts';
import type { ReplayLimits } from '../domain/replay.ts';
import { fakeCell, fakeNetwork, fakeProvisioner } from './fake-networks.ts';
import { createHub } from './hub.ts';
import type { ProvisionedCell } from './provisioner.ts';
import { replayFailure, type Replayed } from './replay-failure.ts';

/** Of which something is carried out again. */
export const CELL: Cell = { ...fakeCell('4.8+3.3-corda'), workload: { seed: 7, operations: 4, parallel: 2 } };
const LIMITS: ReplayLimits = { tries: 5, limit: 60_000 };
const A_TO_B = 'party-a party-b';

/** A cell that has run, and what its operations do on other networks. */
export interface ReplayRig {
  /** Folder of the reports. */
  readonly results: string;
  /** The run: both issue and pay each other, the last two payments at once if asked, and the vaults are looked into. */
  readonly runWith: (fault?: Fault, atOnce?: boolean) => Promise<void>;
  readonly replay: (again: Again) => Promise<Outcome>;
}

/** For one unit test; it goes with that. */
export async function replayRig(): Promise<ReplayRig> {
  const results = await mkdtemp(join(tmpdir(), 'corda-compat-replay-'));
  onTestFinished(() => rm(results, { recursive: true }));
  return {
    results,
    runWith: (fault, atOnce = false) => runWith(results, { fault, atOnce }),
    replay: (again) => replay(results, again),
  };
}

/** A network over money that is not real; its journal lies where the cell's evidence does. */
async function moneyOf(results: string, cell: string): Promise<FakeNetwork> {
  const folder = join(results, cell);
  await mkdir(folder, { recursive: true });
  const money = await fakeMoney(folder, 500);
  onTestFinished(() => money.close());
  return money;
}

async function runWith(
  results: string,
  { fault, atOnce }: { fault: Fault | undefined; atOnce: boolean },
): Promise<void> {
  const { network, faults } = await moneyOf(results, CELL.name);
  if (fault) faults.set(A_TO_B, fault);
  const [a, b] = network.peers;
  if (!a || !b) throw new Error('there are two peers');
  for (const peer of [a, b]) await peer.issueCoins(2, usd(100_00));
  await tryToPay(b, a, usd(1_00));
  const first = tryToPay(a, b, usd(1_01));
  if (!atOnce) await first;
  await Promise.all([first, tryToPay(a, b, usd(1_02))]);
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

interface Outcome {
  readonly replayed: Replayed | undefined;
  readonly log: readonly string[];
  readonly said: readonly string[];
  /** The most payments in flight at a time, network by network. */
  readonly busiest: readonly number[];
}

async function replay(results: string, again: Again): Promise<Outcome> {
  const { faults = [], limits = {}, changes = {}, failedTests = [], isChanged = false, onUp } = again;
  const [log, said]: [string[], string[]] = [[], []];
  const networksOfMoney: FakeNetwork[] = [];
  const hub = createHub({
    groups: [[CELL]],
    progress: { say: (text, cell) => void said.push(`${cell ?? ''}: ${text}`) },
    provisioner: () =>
      Promise.resolve(
        fakeProvisioner(
          (event) => log.push(event),
          async (cell) => {
            if (cell.replayOf === undefined) return fakeNetwork(cell, (event) => log.push(event));
            const money = await moneyOf(results, cell.name);
            const fault = faults[networksOfMoney.length];
            networksOfMoney.push(money);
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
  return { replayed, log, said, busiest: networksOfMoney.map((money) => money.busiest()) };
}
