import { brief, expect, nodeName, test, usd } from '../fixtures/index.ts';

const { nodes, limits } = brief();
const money = usd(100_00);

for (const node of nodes.filter(({ notary }) => !notary)) {
  test(
    `${nodeName(node)} issues to itself: the coin is in its vault`,
    { timeout: 2 * limits.flow + limits.outage },
    async ({ peer }) => {
      const issuer = peer(node.id);
      const { transaction } = await issuer.issue(money);
      const vault = await issuer.vault();
      expect(vault.states.filter((state) => state.transaction === transaction)).toMatchObject([
        { transaction, index: 0, ...money, issuer: issuer.party, owner: issuer.party },
      ]);
    },
  );
}
