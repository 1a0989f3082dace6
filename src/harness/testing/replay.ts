import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fakeNetwork as fakeMoney, type FakeNetwork, type Fault } from '../../../fixtures/fake-network.ts';
import { tryToPay } from '../../../fixtures/payments.ts';
import { Vaults } from '../../../fixtures/vaults.ts';
import { usd } from '../../../fixtures/money.ts';
import type { Cell, ReplayLimits } from '../config/cell.ts';
import { createHub } from '../hub/hub.ts';
import type { ProvisionedCell, ProvisionContext, Provisioner } from '../provision/provisioner.ts';
import { replayFailure, type Replayed } from '../hub/replay-failure.ts';
import type { Step } from '../support/step-error.ts';

/** The cell whose operations are replayed. */
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

async function runWith(results: string, { fault, atOnce }: { fault: Fault | undefined; atOnce: boolean }) {
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
  /** Networks of the replay, in their order. */
  readonly faults?: readonly (Fault | undefined)[];
  readonly limits?: Partial<ReplayLimits>;
  readonly changes?: Partial<ProvisionedCell>;
  readonly failedTests?: readonly { file: string; name: string }[];
  /** Whether a suite has carried out a node action. */
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
  if (isChanged) await hub.act(CELL.name, 'party-b', 'start');
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

/** A cell for unit tests. */
export function fakeCell(name: string, teardown = 1000): Cell {
  const [left = '', right = ''] = name.split('+');
  const release = (id: string) => ({ id, source: { kind: 'maven', version: id }, cordapps: [], jvmArgs: [] }) as const;
  return {
    name,
    releases: [left, right].map(release),
    pair: { left: release(left), right: release(right) },
    topology: { nodes: [], onboarding: 'minted', database: 'h2', minimumPlatformVersion: 'auto' },
    provider: 'local',
    jvm: 'fast',
    workload: { seed: 1, operations: 1, parallel: 1 },
    limits: { start: 1, flow: 1, arrival: 1, prepare: 1, teardown, outage: 0 },
  };
}

/** A network that logs what happens to it. */
export function fakeNetwork(
  cell: Cell,
  log: (event: string) => void,
  changes: Partial<ProvisionedCell> = {},
): ProvisionedCell {
  return {
    lease: { cell: cell.name, nodes: [], workload: cell.workload, limits: cell.limits, journal: '/nowhere' },
    mark: () => Promise.resolve('7'),
    logsSince: (mark) =>
      Promise.resolve([
        { node: 'party-a', level: 'INFO', text: 'hello' },
        { node: 'party-a', level: 'WARN', text: `slow since ${mark ?? 'start'}` },
        { node: 'party-b', level: 'ERROR', text: `lost since ${mark ?? 'start'}` },
      ]),
    collectEvidence: () => Promise.resolve(log(`evidence ${cell.name}`)),
    release: () => Promise.resolve(log(`release ${cell.name}`)),
    ...changes,
  };
}

/** A provisioner whose cells come up by one function, as one step; it logs. */
export function fakeProvisioner(
  log: (event: string) => void,
  provision: (cell: Cell, context: ProvisionContext) => Promise<ProvisionedCell> = (cell) =>
    Promise.resolve(fakeNetwork(cell, log)),
  step: Step = 'start',
): Provisioner {
  return {
    estimateMb: () => 1000,
    steps: (cell, context) => {
      let network: ProvisionedCell | undefined;
      const isUp = (): boolean => network !== undefined;
      return [
        { id: 'resolve', name: 'resolve the releases', run: () => Promise.resolve(log(`provision ${cell.name}`)) },
        { id: step, name: 'bring it up', run: async () => void (network = await provision(cell, context)) },
        { id: 'suites', name: 'run the suites', run: async () => network && (await context.trade(network)) },
        { id: 'evidence', name: 'keep the evidence', always: isUp, run: async () => await network?.collectEvidence() },
        {
          id: 'destroy',
          name: 'remove the space',
          limit: cell.limits.teardown,
          always: isUp,
          run: async () => await network?.release(),
        },
      ];
    },
    close: () => Promise.resolve(log('close')),
  };
}
