import { brief, directionsOf, nodeName, payAll, test, usd, Vaults } from '../../fixtures/index.ts';
import type { Lifecycle } from '../../fixtures/index.ts';

const { nodes, pair, limits, noUpgrade } = brief();
const left = nodes.filter(({ release }) => release === pair?.left);
const peer = left.find(({ notary }) => !notary);
const notaries = left.filter(({ notary }) => notary);
const AMOUNTS = [usd(1_01), usd(1_02)];
/** Milliseconds for the trade after each step. */
const trade = directionsOf(nodes).length * (2 * (AMOUNTS.length + 2) * limits.flow + limits.arrival);
const timeout = 2 * limits.start + limits.prepare + trade + 2 * limits.flow + limits.outage;

const because = noUpgrade ?? (peer ? undefined : `no peer runs ${pair?.left}`);

if (because !== undefined || !peer) {
  test('the left release is upgraded to the right one', ({ skip }) => skip(because));
} else {
  const right = pair?.right;

  test(
    `${nodeName(peer)} is upgraded to ${right} and goes back to its old release before it trades`,
    { timeout: 2 * timeout },
    async ({ lifecycle }) => {
      await lifecycle.stop(peer.id);
      await lifecycle.upgrade(peer.id);
      await lifecycle.stop(peer.id);
      await lifecycle.goBack(peer.id);
      await mustTrade(lifecycle);
    },
  );

  for (const node of [peer, ...notaries]) {
    test(
      `${nodeName(node)} is upgraded to ${right}, keeps its data, and trades on`,
      { timeout },
      async ({ lifecycle }) => {
        await lifecycle.stop(node.id);
        await lifecycle.upgrade(node.id);
        await mustTrade(lifecycle);
      },
    );
  }
}

/** Trades old and new coins in every direction, has each peer notarise, and lets the oracle judge all vaults. */
async function mustTrade({ network }: Lifecycle): Promise<void> {
  for (const { from, to } of directionsOf(network.peers)) {
    await from.issue(usd(5_00));
    await payAll({ network, payer: from, payee: to, amounts: AMOUNTS });
  }
  for (const one of network.peers) await one.notarise();
  const vaults = new Vaults(network);
  await vaults.untilQuiet(limits.flow);
  await vaults.mustAgree();
}
