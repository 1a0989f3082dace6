import { brief, expect, nodeName, randomOf, test, tradeAround } from '../../fixtures/index.ts';

const { nodes, limits, workload } = brief();
const random = randomOf(workload.seed);
const paid = 2 * limits.flow;
const timeout = 3 * limits.start + 3 * paid + 4 * limits.flow + limits.outage;

for (const node of nodes) {
  const action = random.pick(['stop', 'kill'] as const);
  const how = action === 'stop' ? 'stopped' : 'killed';

  test(
    `${nodeName(node)} is ${how} in the middle of trade and started again: nothing is lost`,
    { timeout },
    async ({ lifecycle, network, vaults }) => {
      await tradeAround({ peers: network.peers, limitMs: paid }, async () => {
        await lifecycle[action](node.id);
        await lifecycle.start(node.id);
      });
      await vaults.untilQuiet(2 * limits.flow);
      await vaults.mustAgree();
    },
  );
}

test('every node is back in the network', async ({ health }) => {
  for (const node of nodes) expect(await health.of(node.id)).toMatchObject({ node: node.id });
});
