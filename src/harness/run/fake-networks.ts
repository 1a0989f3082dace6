import type { Cell } from '../domain/cell.ts';
import type { Step } from '../domain/outcome.ts';
import type { ProvisionContext, ProvisionedCell, Provisioner } from './provisioner.ts';

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
    lease: {
      cell: cell.name,
      nodes: [],
      workload: cell.workload,
      limits: cell.limits,
      journal: '/nowhere',
    },
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
