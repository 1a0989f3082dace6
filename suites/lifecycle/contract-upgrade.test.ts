import { brief, directionsOf, expect, financeContracts, neighboursOf, nodeName } from '../../fixtures/index.ts';
import { OWN_CURRENCIES, payAll, test } from '../../fixtures/index.ts';

const { nodes, limits } = brief();
const timeout = 6 * limits.flow + 2 * limits.arrival + limits.outage;
/** Contracts of the healthcheck CorDapp. */
const OLD = 'compat.healthcheck.NullContract';
const NEW = 'compat.healthcheck.NullContractV2';
/** From this platform version (4.12) on, there is no explicit contract upgrade. */
const WITHOUT_UPGRADE = 140;

for (const { from, to } of directionsOf(nodes)) {
  const title = `${nodeName(from)} upgrades the contract of a state that it shares with ${nodeName(to)}`;
  test(title, { timeout }, async ({ peer, health, nullStates, skip }) => {
    for (const { id, release } of [from, to]) {
      const { platformVersion } = await health.of(id);
      skip(platformVersion >= WITHOUT_UPGRADE, `${release} upgrades contracts by signature constraints only`);
    }
    const [initiator, other] = [peer(from.id), peer(to.id)];
    const old = await nullStates.share(initiator, other);
    for (const participant of [initiator, other]) {
      expect(await nullStates.of(participant), nodeName(participant)).toContainEqual({ ...old, contract: OLD });
      await nullStates.authorise(participant, old);
    }
    const upgraded = { transaction: await nullStates.upgrade(initiator, old), index: 0, contract: NEW };
    for (const participant of [initiator, other]) {
      const states = async () => await nullStates.of(participant);
      await expect
        .poll(states, { timeout: limits.arrival, interval: 100, message: nodeName(participant) })
        .toContainEqual(upgraded);
      expect(await states(), nodeName(participant)).not.toContainEqual({ ...old, contract: OLD });
    }
  });
}

for (const [place, { one, next }] of neighboursOf(nodes).entries()) {
  const currency = OWN_CURRENCIES.contractUpgrade[place] ?? '';
  const title = `${nodeName(next)} spends a coin of ${nodeName(one)}, with another version of the CorDapp, signed by the same key`;
  test(title, { timeout }, async ({ network, peer, skip }) => {
    const [theirs, own] = [financeContracts(network, one), financeContracts(network, next)];
    skip(!theirs || !own, 'one of the nodes has no corda-finance-contracts');
    skip(theirs?.sha256 === own?.sha256, `both carry ${own?.name}`);
    for (const carried of [theirs, own]) skip(!carried?.signed, `${carried?.name} is not signed`);
    const [issuer, spender] = [peer(one.id), peer(next.id)];
    const signed = async (holder: typeof issuer, transaction?: string) => {
      const { states } = await holder.vault();
      const coins = states.filter(
        (state) => state.currency === currency && state.transaction === (transaction ?? state.transaction),
      );
      expect(coins, nodeName(holder)).not.toEqual([]);
      expect(
        coins.map(({ constraint }) => constraint),
        nodeName(holder),
      ).toEqual(coins.map(() => 'signature'));
    };

    await signed(issuer, (await issuer.issue({ amount: 10_00, currency })).transaction);
    await payAll({ network, payer: issuer, payee: spender, amounts: [{ amount: 6_00, currency }] });
    await signed(spender);
    await payAll({ network, payer: spender, payee: issuer, amounts: [{ amount: 5_00, currency }] });
    await signed(issuer);
  });
}
