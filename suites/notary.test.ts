import { brief, expect, nodeName, test, wrongWith } from '../fixtures/index.ts';

const { nodes, limits } = brief();
const notaries = nodes.filter(({ notary }) => notary);
const timeout = 2 * limits.flow + limits.outage;

for (const notary of notaries) {
  const who = notaries.length === 1 ? 'the notary' : nodeName(notary);
  for (const node of nodes.filter(({ notary }) => !notary)) {
    test(`${who} refuses a double spend of ${nodeName(node)}`, { timeout }, async ({ peer }) => {
      const { first, refusal } = await peer(node.id).spendTwice(notary.id);
      expect(wrongWith(refusal, { first })).toBeUndefined();
    });
  }
}
