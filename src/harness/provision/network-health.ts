import type { FlowsView, HealthView } from '../lease/driver-api.ts';
import type { LeasedNode } from '../lease/lease.ts';
import type { DriverClient } from '../lease/driver-client.ts';
import { clockProblems, heapProblems, nodeWords, queueProblems, type SeenNode } from '../judge/health.ts';
import { flowWords } from '../trade/views.ts';
import { waitUntil, WaitTimeout } from '../support/wait.ts';
import { messageOf } from '../support/words.ts';

export type CheckedParty = Pick<LeasedNode, 'id' | 'party' | 'release' | 'notary' | 'notarisesAs'>;

/** A node, and what it said: nothing where it does not answer. */
export interface CheckedNode {
  readonly id: string;
  readonly release: string;
  readonly view?: HealthView;
  readonly flows?: FlowsView;
}

export interface CheckedNotarisation {
  readonly from: string;
  readonly fromRelease: string;
  readonly notary: string;
  readonly notaryRelease: string;
  /** Absent where it failed. */
  readonly tookMs?: number;
}

export interface NetworkHealth {
  readonly nodes: readonly CheckedNode[];
  readonly notarisations: readonly CheckedNotarisation[];
  /** Sentences that name node and release; none where all is well. */
  readonly problems: readonly string[];
}

export interface HealthCheck {
  readonly parties: readonly CheckedParty[];
  readonly driverOf: (node: string) => DriverClient;
  /** Limit of one notarisation, and of a flow that another node has started: milliseconds. */
  readonly flowMs: number;
  readonly signal?: AbortSignal;
}

/** Asks all nodes for their health, and lets each notary notarise for each peer. A missing answer is a problem, not an error. */
export async function checkNetwork(check: HealthCheck): Promise<NetworkHealth> {
  const { parties } = check;
  const looks = await Promise.all(parties.map((party) => look(check, party)));
  const nodes = looks.map(({ node }) => node);
  const seen = nodes.flatMap(({ id, release, view }) => (view ? [{ id, release, view }] : []));
  const answering = new Set(seen.map(({ id }) => id));
  const peers = parties.filter(({ id, notary }) => !notary && answering.has(id));
  const results: Notarised[] = [];
  // One after the other: each time is that of a notary with nothing else to do.
  for (const peer of peers) {
    for (const notary of parties.filter((each) => each.notary)) results.push(await notarise(check, peer, notary));
  }
  const problems = [
    ...looks.flatMap(({ problem }) => problem ?? []),
    ...seen.flatMap((node) => mapProblems(node, parties)),
    ...clockProblems(seen),
    ...heapProblems(seen),
    ...queueProblems(seen),
    ...results.flatMap(({ problem }) => problem ?? []),
    ...(await stuckFlows(check, nodes)),
  ];
  return { nodes, notarisations: results.map(({ notarisation }) => notarisation), problems };
}

async function look(
  { driverOf }: HealthCheck,
  { id, release }: CheckedParty,
): Promise<{ readonly node: CheckedNode; readonly problem?: string }> {
  const driver = driverOf(id);
  try {
    const [view, flows] = await Promise.all([driver.health(id), driver.flows(id)]);
    return { node: { id, release, view, flows } };
  } catch (error) {
    return { node: { id, release }, problem: `${nodeWords({ id, release })} does not answer: ${wordsOf(error)}` };
  }
}

interface Notarised {
  readonly notarisation: CheckedNotarisation;
  readonly problem?: string;
}

async function notarise(
  { driverOf, flowMs: limitMs }: HealthCheck,
  peer: CheckedParty,
  notary: CheckedParty,
): Promise<Notarised> {
  const sides = { from: peer.id, fromRelease: peer.release, notary: notary.id, notaryRelease: notary.release };
  try {
    const request = { node: peer.id, notary: notary.notarisesAs ?? notary.party, limitMs };
    const { tookMs } = await driverOf(peer.id).notarise(request);
    return { notarisation: { ...sides, tookMs } };
  } catch (error) {
    const problem = `${nodeWords(notary)} does not notarise for ${nodeWords(peer)}: ${wordsOf(error)}`;
    return { notarisation: sides, problem };
  }
}

function mapProblems(node: SeenNode, parties: readonly CheckedParty[]): readonly string[] {
  const { networkMapSize: size, notaries } = node.view;
  const missing = parties
    .flatMap(({ notary, notarisesAs, party }) => (notary ? [notarisesAs ?? party] : []))
    .filter((party) => !notaries.includes(party));
  return [
    ...(size < parties.length
      ? [`${nodeWords(node)}: its network map has ${size} nodes, the network ${parties.length}`]
      : []),
    ...missing.map((party) => `${nodeWords(node)} does not know the notary ${party}`),
  ];
}

/** Flows that were there at the first look and still are when any flow should be over. */
async function stuckFlows(check: HealthCheck, nodes: readonly CheckedNode[]): Promise<readonly string[]> {
  const { driverOf, flowMs, signal } = check;
  const busy = nodes.filter(({ flows }) => flows && flows.flows.length > 0);
  const looks = busy.map(async ({ id, release, flows: first }): Promise<readonly string[]> => {
    const known = new Set(first?.flows.map((flow) => flow.id));
    const probe = async () => {
      const { flows } = await driverOf(id).flows(id);
      const left = flows.filter((flow) => known.has(flow.id));
      if (left.length === 0) return { done: true, value: undefined } as const;
      return { done: false, last: flowWords(left) } as const;
    };
    const name = `${nodeWords({ id, release })}: end of its flows`;
    const limit = { name, limit: flowMs, every: 200, ...(signal ? { signal } : {}) };
    return await waitUntil(probe, limit).then(
      () => [],
      (error: unknown) => {
        signal?.throwIfAborted();
        if (!(error instanceof WaitTimeout))
          return [`${nodeWords({ id, release })} does not answer: ${wordsOf(error)}`];
        return [`${nodeWords({ id, release })} has flows that do not end within ${flowMs / 1000} s: ${error.last}`];
      },
    );
  });
  return (await Promise.all(looks)).flat();
}

function wordsOf(error: unknown): string {
  return messageOf(error);
}
