import { readySteps, type CellStep, type Way } from '../plan/steps.ts';
import type { Attachment } from './attach.ts';
import type { Provisioner, RunContext } from '../provision/provisioner.ts';
import * as words from '../provision/cell-words.ts';
import { bug } from '../support/step-error.ts';

/** All that is done for a cell whose network is there: it makes nothing and removes nothing. */
export function attachedWay(): Way<Attachment> {
  return { shared: [], own: [find, waitUp, connect, runSuites, keepEvidence, close] };
}

/** Uses the network of a namespace that a person has applied. */
export function attachedProvisioner(run: RunContext, namespace: string): Provisioner {
  return {
    steps: (cell, context) => readySteps(attachedWay(), cell, { cell, run, context, namespace, opened: [] }),
    // It is in the cluster already.
    isGiven: true,
    estimateMb: () => 0,
  };
}

/** Loaded by the steps: what speaks to clusters takes longer to load than a plan takes to print. */
const attach = () => import('./attach.ts');

const find: CellStep<Attachment> = {
  id: 'space',
  name: 'find the network',
  describe: ({ name }) => `Find the network of ${name} in the namespace, and follow its Pods.`,
  run: async (way) => await (await attach()).findNetwork(way),
};

const waitUp: CellStep<Attachment> = {
  id: 'start',
  name: 'wait until the nodes are up',
  describe: words.waitText,
  limit: words.waitLimit,
  run: async (way) => await (await attach()).waitForNodes(way),
};

const connect: CellStep<Attachment> = {
  id: 'driver',
  name: 'connect the drivers',
  describe: words.connectText,
  limit: ({ limits }) => limits.start,
  run: async (way) => await (await attach()).openNetwork(way),
};

const runSuites: CellStep<Attachment> = {
  id: 'suites',
  name: 'run the suites',
  describe: words.suitesText,
  run: async ({ cell, network, context }) => {
    await context.trade(network ?? bug(`no step has opened the network of ${cell.name}`));
  },
};

const keepEvidence: CellStep<Attachment> = {
  id: 'evidence',
  name: 'keep the evidence',
  describe: words.evidenceText,
  always: ({ network }) => network !== undefined,
  run: async ({ network }) => await network?.collectEvidence(),
};

const close: CellStep<Attachment> = {
  id: 'destroy',
  name: 'close the ways',
  describe: () => 'Close the ways that the run opened. The network stays, and has only traded.',
  limit: ({ limits }) => limits.teardown,
  always: ({ opened }) => opened.length > 0,
  run: async (way) => await (await attach()).closeAll(way),
};
