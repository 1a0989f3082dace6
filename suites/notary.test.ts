import { brief, expect, nodeName, namesTransaction, test } from '../fixtures/index.ts';

const { nodes, limits } = brief();

for (const node of nodes.filter(({ notary }) => !notary)) {
  test(`${nodeName(node)} spends a state twice: the notary refuses`, { timeout: 2 * limits.flow }, async ({ peer }) => {
    const { first, refusal } = await peer(node.id).spendTwice();
    expect(refusal, 'the notary let the second spend through').not.toBeNull();
    expect(refusal, `the refusal names the transaction that came first, ${first}`).toSatisfy(namesTransaction(first));
  });
}
