import { between, brief, directionName, directionsOf, expect, payAll, test, total, usd } from '../fixtures/index.ts';

const { nodes, limits } = brief();
/** Three, since some pairs lose only the first ones. All different, so that the vault shows each one. */
const AMOUNTS = [usd(1_01), usd(1_02), usd(1_03)];
/** Flows that never end lock the coins they took. */
const SPARE_COINS = 2 * AMOUNTS.length;
const timeout = (SPARE_COINS + AMOUNTS.length + 1) * limits.flow + limits.arrival + limits.outage;

for (const { from, to } of directionsOf(nodes)) {
  const meta = { direction: between({ from, to }) };
  test(`${directionName({ from, to })}: the money arrives`, { timeout, meta }, async ({ network, peer }) => {
    const [payer, payee] = [peer(from.id), peer(to.id)];
    await payer.issueCoins(SPARE_COINS, usd(100_00));
    const spent = await payAll({ network, payer, payee, amounts: AMOUNTS });
    expect(spent, 'the drop of the holdings of the payer').toEqual(total(AMOUNTS));
  });
}
