import { brief, directionsOf, smallTrade, test } from '../fixtures/index.ts';

const { nodes, limits } = brief();
/** An issue and a payment for each. */
const tradeTimeout = 2 * limits.flow * directionsOf(nodes).length + limits.outage;

test.beforeAll(async ({ journal, peers }) => {
  const nothingToJudge = (await journal.read()).operations.length === 0;
  if (nothingToJudge) await smallTrade(peers);
}, tradeTimeout);

test('every flow has ended', { timeout: 2 * limits.flow + limits.outage }, async ({ vaults }) => {
  await vaults.untilQuiet(limits.flow);
});

test('vaults, operations and notary agree to the cent', async ({ vaults }) => {
  await vaults.mustAgree();
});

test('no node logged an error in all the trade that is not declared harmless', async ({ health }) => {
  await health.mustHaveLoggedNoError();
});
