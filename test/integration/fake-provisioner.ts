import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell, Limits } from '../../src/harness/config/cell.ts';
import type { Release } from '../../src/harness/config/release.ts';
import { incompatible, notBuilt } from '../../src/harness/support/step-error.ts';
import { makePlan, type RunStep } from '../../src/harness/plan/plan.ts';
import { readySteps, type Way } from '../../src/harness/plan/steps.ts';
import type { CreateProvisioner, ProvisionContext, ProvisionedCell } from '../../src/harness/provision/provisioner.ts';
import { honestNetwork, type HarnessFault } from './honest-network.ts';
import type { LoadedMatrix } from '../../src/harness/vitest/plugin.ts';

/** How the fake network of a cell behaves; `ok` where nothing is said. */
export interface FakeNetwork {
  readonly provision?: 'ok' | 'hang' | 'incompatible' | 'not-built' | 'crash';
  readonly release?: 'ok' | 'throw' | 'hang' | 'slow';
  /** Honest nodes that trade, and faults between them and the suites. */
  readonly faults?: readonly HarnessFault[];
}

const FAKE_LIMITS: Limits = { start: 5000, flow: 5000, arrival: 5000, prepare: 5000, teardown: 2000, outage: 0 };

const REPLAY: RunStep = { id: 'replay', name: 'replay failures', describe: () => 'Replay failures.' };
const END: RunStep = { id: 'destroy', name: 'end the run', describe: () => 'End the run.' };

/** A matrix of cells `a+b`, written without a file. */
export function fakeMatrix(
  names: readonly string[],
  parallel = 1,
  changes: Partial<Cell> = {},
  skipped: readonly string[] = [],
): LoadedMatrix {
  return {
    cells: names.map((name) => ({ ...fakeCell(name), ...changes })),
    ...(skipped.length > 0
      ? { skipped: skipped.map((name) => ({ cell: { ...fakeCell(name), ...changes }, reason: 'it is not wanted' })) }
      : {}),
    parallel,
    plan: (cells, run) =>
      makePlan({
        title: `${cells.map((cell) => cell.name).join(', ')} (${run.parallel} at once)`,
        ...{ cells, run, skipped: [], warnings: [], wayOf: () => FAKE_WAY, cellText: (cell) => `Cell ${cell.name}.` },
        after: cells.some(({ workload }) => workload.shrink) ? [REPLAY, END] : [END],
      }),
  };
}

function fakeCell(name: string): Cell {
  const [left = '', right = ''] = name.split('+');
  const release = (id: string): Release => ({ id, source: { kind: 'maven', version: id }, cordapps: [], jvmArgs: [] });
  return {
    name,
    releases: [left, right].map(release),
    pair: { left: release(left), right: release(right) },
    topology: {
      nodes: [
        { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: left },
        { id: 'party-b', party: 'O=PartyB, L=New York, C=US', release: right },
      ],
      onboarding: 'minted',
      database: 'h2',
      minimumPlatformVersion: 'auto',
    },
    provider: 'local',
    jvm: 'fast',
    workload: { seed: 7, operations: 1, parallel: 1 },
    limits: FAKE_LIMITS,
  };
}

/** A fake cell on its way. */
interface FakeUnderway {
  readonly cell: Cell;
  readonly context: ProvisionContext;
  readonly log: (event: string) => void;
  readonly results: string;
  readonly how: FakeNetwork;
  network?: ProvisionedCell;
}

const isUp = ({ network }: FakeUnderway): boolean => network !== undefined;

const FAKE_WAY: Way<FakeUnderway> = {
  shared: [
    {
      id: 'resolve',
      name: 'resolve the releases',
      describe: () => ({ text: 'Resolve the releases.', parts: ['All of them.'] }),
      run: ({ cell, log }) => Promise.resolve(log(`provision ${cell.name}`)),
    },
  ],
  own: [
    {
      id: 'zone',
      name: 'mint the zone',
      describe: () => 'Mint the zone.',
      run: ({ cell, context }) => {
        const [left = '', right = ''] = cell.releases.map(({ id }) => id);
        context.releases([
          { release: left, version: `${left}-real`, sha256: 'ab12', cordapps: [] },
          { release: right, cordapps: [{ name: 'cash.jar', sha256: 'cd34', origin: 'g:a:1' }] },
        ]);
        return Promise.resolve();
      },
    },
    {
      id: 'start',
      name: 'start the nodes',
      describe: () => 'Start the nodes.',
      run: async (way) => {
        const { cell, context, log, results, how } = way;
        await come(how.provision ?? 'ok', cell, context.signal);
        const folder = join(results, cell.name);
        const { faults } = how;
        const honest = faults && (await honestNetwork(cell, { folder, faults }));
        way.network = fakeNetwork(cell, { log, folder, release: how.release ?? 'ok', ...(honest ? { honest } : {}) });
      },
    },
    {
      id: 'suites',
      name: 'run the suites',
      describe: (cell, { suites, only = 'all tests' }) => `Run the suites ${suites(cell).join(', ')}: ${only}.`,
      run: async ({ network, context }) => network && (await context.trade(network)),
    },
    {
      id: 'evidence',
      name: 'keep the evidence',
      describe: ({ name }, { results }) => `Keep the evidence in ${results}/${name}.`,
      always: isUp,
      run: async ({ network }) => await network?.collectEvidence(),
    },
    {
      id: 'destroy',
      name: 'remove the space',
      describe: () => 'Remove the space.',
      limit: ({ limits }) => limits.teardown,
      always: isUp,
      run: async ({ network }) => await network?.release(),
    },
  ],
};

/** Networks that are entries in `events.log`: what was provisioned, collected, released, closed, in order. */
export function fakeProvisioner(networks: Readonly<Record<string, FakeNetwork>> = {}): CreateProvisioner {
  return ({ root, results }) => {
    const log = (event: string): void => appendFileSync(join(root, 'events.log'), `${event}\n`);
    return Promise.resolve({
      estimateMb: () => 1,
      steps: (cell, context) =>
        readySteps(FAKE_WAY, cell, { cell, context, log, results, how: networks[cell.name] ?? {} }),
      close: () => Promise.resolve(log('close')),
    });
  };
}

async function come(how: NonNullable<FakeNetwork['provision']>, cell: Cell, signal: AbortSignal): Promise<void> {
  switch (how) {
    case 'ok':
      return;
    case 'hang':
      await sleep(600_000, undefined, { signal });
      return;
    case 'incompatible':
      throw incompatible('start', `${cell.releases[1]?.id} refuses to start beside ${cell.releases[0]?.id}`, {
        words: ['party-b: too old <for> this'],
      });
    case 'not-built':
      throw notBuilt('resolve', 'no such release');
    case 'crash':
      throw new Error('nobody classified this');
  }
}

interface FakeParts {
  readonly log: (event: string) => void;
  readonly folder: string;
  readonly release: NonNullable<FakeNetwork['release']>;
  readonly honest?: Awaited<ReturnType<typeof honestNetwork>>;
}

function fakeNetwork(cell: Cell, { log, folder, release, honest }: FakeParts): ProvisionedCell {
  return {
    lease: {
      cell: cell.name,
      nodes: [],
      workload: cell.workload,
      limits: cell.limits,
      journal: '/nowhere',
    },
    mark: () => Promise.resolve('1'),
    logsSince: (mark) =>
      Promise.resolve([
        { node: 'party-a', level: 'INFO', text: 'hello' },
        { node: 'party-b', level: 'ERROR', text: `trouble since ${mark ?? 'the start'}` },
      ]),
    ...honest,
    collectEvidence: () => {
      log(`evidence ${cell.name}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'node.log'), 'words');
      return Promise.resolve();
    },
    release: async () => {
      honest?.close();
      log(`release ${cell.name}`);
      if (release === 'throw') throw new Error('the folder is stuck');
      if (release === 'hang') await new Promise(() => undefined);
      if (release === 'slow') await sleep(1500);
      log(`released ${cell.name}`);
    },
  };
}
