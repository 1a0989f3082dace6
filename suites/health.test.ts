import { brief, expect, nodeName, test } from '../fixtures/index.ts';

const { nodes, limits } = brief();
const peers = nodes.filter((node) => !node.notary);
const notaries = nodes.filter((node) => node.notary);
const parties = nodes.map(({ party }) => party).sort();
const timeout = 2 * limits.flow + limits.outage;

for (const node of nodes) {
  test.concurrent(`${nodeName(node)} answers RPC`, async ({ health }) => {
    expect(await health.of(node.id)).toMatchObject({ node: node.id });
  });

  test.concurrent(`${nodeName(node)} has loaded the CorDapps that it was given`, async ({ health }) => {
    await health.mustHaveLoaded(node.id);
  });

  test.concurrent(`${nodeName(node)} sees every node of the network`, async ({ health }) => {
    const seen = async (): Promise<readonly string[]> => [...(await health.networkMapOf(node.id))].sort();
    // 3.x looks for the node infos of others every 5 s.
    await expect.poll(seen, { timeout: limits.arrival, interval: 200 }).toEqual(parties);
  });
}

test('the clocks of all nodes agree', async ({ health }) => {
  await health.mustAgreeOnTime();
});

for (const notary of notaries) {
  for (const node of peers) {
    test(`${nodeName(notary)} notarises for ${nodeName(node)}`, { timeout }, async ({ peer }) => {
      const { tookMs } = await peer(node.id).notarise(notary.id);
      expect(tookMs).toBeLessThan(limits.flow);
    });
  }
}

test('left alone, no node keeps a flow or a database connection', { timeout }, async ({ vaults, health }) => {
  await vaults.untilQuiet(limits.flow);
  await health.untilConnectionsAreBack(limits.arrival);
});

test('every node has memory to spare', async ({ health }) => {
  await health.mustHaveHeap();
});

test('no node logs an error that is not declared harmless', async ({ health }) => {
  await health.mustHaveLoggedNoError();
});
