import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, expect, test as plain } from 'vitest';
import type { FlowsView, HealthView } from '../lease/driver-api.ts';
import { DriverClient } from '../lease/driver-client.ts';
import { healthWords } from '../report/health-words.ts';
import { checkNetwork, type CheckedParty, type NetworkHealth } from './network-health.ts';

const NOTARY = 'O=Notary, L=Zurich, C=CH';
const PARTIES: readonly CheckedParty[] = [
  { id: 'notary', party: NOTARY, release: '4.8', notary: true },
  { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.8', notary: false },
  { id: 'party-b', party: 'O=PartyB, L=New York, C=US', release: '3.3-corda', notary: false },
];

/** What nodes answer; a word in place of an answer is an error. */
interface Nodes {
  readonly health: (node: string) => HealthView | string;
  readonly flows: (node: string) => FlowsView | string;
  readonly notarise: (node: string) => number | string;
}

const WELL: Nodes = {
  health: (node) => ({
    node,
    answeredMs: 4,
    platformVersion: 10,
    networkMapSize: 3,
    notaries: [NOTARY],
    clockOffsetMs: node === 'party-a' ? -2 : 3,
    ...(node === 'party-b' ? {} : { jvm: JVM }),
  }),
  flows: (node) => ({ node, flows: [], checkpoints: 0 }),
  notarise: () => 120,
};
const JVM = {
  heapUsedBytes: 200 * 1024 ** 2,
  heapMaxBytes: 512 * 1024 ** 2,
  heapLiveBytes: 90 * 1024 ** 2,
  uptimeMs: 60_000,
  threads: 150,
  collections: 40,
  collectionsMs: 900,
  pool: { active: 1, total: 10, waiting: 0 },
};

const test = plain.extend('check', async ({}, { onCleanup }) => {
  const nodes: { now: Nodes } = { now: WELL };
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const { node } = body as { node: string };
      const { health, flows, notarise } = nodes.now;
      const answer = request.url === '/health' ? health(node) : request.url === '/flows' ? flows(node) : notarise(node);
      if (typeof answer === 'string')
        return response.writeHead(500).end(JSON.stringify({ kind: 'flow', message: answer }));
      const value = typeof answer === 'number' ? { transaction: 'T', tookMs: answer } : answer;
      return response.writeHead(200).end(JSON.stringify(value));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const driver = new DriverClient({ url, token: 't' });
  return async (change: Partial<Nodes> = {}): Promise<NetworkHealth> => {
    nodes.now = { ...WELL, ...change };
    return await checkNetwork({ parties: PARTIES, driverOf: () => driver, flowMs: 400 });
  };
});

test('a network that is well: a line for each node and each notarisation', async ({ check }) => {
  const health = await check();
  expect(health.problems).toEqual([]);
  expect(healthWords(health)).toBe(
    [
      'node     release    rpc   platform  map  notaries  clock  heap           pool     flows  checkpoints',
      '-------  ---------  ----  --------  ---  --------  -----  -------------  -------  -----  -----------',
      'notary   4.8        4 ms  10        3    1         +3 ms  200 of 512 MB  1 of 10  0      0',
      'party-a  4.8        4 ms  10        3    1         -2 ms  200 of 512 MB  1 of 10  0      0',
      'party-b  3.3-corda  4 ms  10        3    1         +3 ms  -              -        0      0',
      '',
      'notary  release  notarises for  release    took',
      '------  -------  -------------  ---------  ------',
      'notary  4.8      party-a        4.8        120 ms',
      'notary  4.8      party-b        3.3-corda  120 ms',
      '',
      'All is well.',
    ].join('\n'),
  );
});

describe('is not well', () => {
  test('a node that does not answer: it is told, it is not asked to notarise, and the others are', async ({
    check,
  }) => {
    const health = await check({ health: (node) => (node === 'party-a' ? 'gone' : WELL.health(node)) });
    expect(health.problems).toEqual(['4.8 (party-a) does not answer: health: gone']);
    expect(health.notarisations.map(({ from }) => from)).toEqual(['party-b']);
    expect(healthWords(health)).toMatch(/^party-a +4\.8 +no answer +-/m);
  });

  test('a notary that does not notarise for one of them', async ({ check }) => {
    const health = await check({ notarise: (node) => (node === 'party-b' ? 'corrupt message' : 80) });
    expect(health.problems).toEqual([
      '4.8 (notary) does not notarise for 3.3-corda (party-b): flow/notarise: corrupt message',
    ]);
    expect(healthWords(health)).toMatch(/^notary +4\.8 +party-b +3\.3-corda +failed$/m);
  });

  test('who does not see all others, nor the notary', async ({ check }) => {
    const blind = { networkMapSize: 2, notaries: [] };
    const of = (node: string) => ({ ...(WELL.health(node) as HealthView), ...(node === 'party-b' ? blind : {}) });
    expect((await check({ health: of })).problems).toEqual([
      '3.3-corda (party-b): its network map has 2 nodes, the network 3',
      `3.3-corda (party-b) does not know the notary ${NOTARY}`,
    ]);
  });

  test('a flow that does not end; one that is new each time is none', async ({ check }) => {
    let looks = 0;
    const flows = (node: string): FlowsView => {
      const id = node === 'party-a' ? 'stuck' : `new ${looks++}`;
      return { node, flows: [{ id, flow: 'net.corda.finance.flows.CashPaymentFlow' }], checkpoints: 1 };
    };
    expect((await check({ flows })).problems).toEqual([
      '4.8 (party-a) has flows that do not end within 0.4 s: CashPaymentFlow',
    ]);
  });

  test('whose clock is off, whose heap is full, who waits for connections', async ({ check }) => {
    const jvm = { ...JVM, heapLiveBytes: JVM.heapMaxBytes, pool: { active: 10, total: 10, waiting: 2 } };
    const bad = { clockOffsetMs: 3_600_000, jvm };
    const of = (node: string) => ({ ...(WELL.health(node) as HealthView), ...(node === 'party-a' ? bad : {}) });
    const { problems } = await check({ health: of });
    expect(problems.map((words) => words.replace(/^4\.8 \(party-a\): /, '').slice(0, 20))).toEqual([
      'its clock is 3600 s ',
      '512 of 512 MB of its',
      '2 threads wait for a',
    ]);
  });
});
