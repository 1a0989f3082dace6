import { brief, expect, nodeName, test, wrongWith } from '../fixtures/index.ts';

const { nodes, limits } = brief();
const timeout = 2 * limits.flow + limits.outage;

for (const node of nodes.filter(({ notary }) => !notary)) {
  test(`the notary refuses what ${nodeName(node)} spends twice`, { timeout }, async ({ peer }) => {
    const { first, refusal } = await peer(node.id).spendTwice();
    expect(wrongWith(refusal, { first })).toBeUndefined();
  });
}
