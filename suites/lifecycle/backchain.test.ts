import {
  brief,
  expect,
  makeChain,
  neighboursOf,
  nodeName,
  OWN_CURRENCIES,
  payAll,
  test,
  type Chain,
} from '../../fixtures/index.ts';

const { nodes, limits } = brief();
const neighbours = neighboursOf(nodes);
/** Transactions on which a coin builds when it is paid. */
const ANCESTORS = 200;
/** Each transaction is a flow of its maker alone. The limit is far beyond its usual time, so the flow reports its own failure first. */
const making = ANCESTORS * limits.flow + limits.outage;
/** The payee of such a coin gets all its ancestors first, and verifies them. */
const limitMs = limits.flow + ANCESTORS * 500;
const timeout = 2 * limitMs + 2 * limits.arrival + limits.outage;

const chains = new Map<string, Promise<Chain>>();

test.beforeAll(async ({ peer, say }) => {
  for (const [place, { one }] of neighbours.entries()) {
    const currency = OWN_CURRENCIES.backchain[place] ?? '';
    chains.set(one.id, makeChain(peer(one.id), { length: ANCESTORS, currency, say }));
  }
  // A chain that fails is reported by its own test.
  await Promise.allSettled(chains.values());
}, making);

for (const { one: maker, next: payee, afterNext: third } of neighbours) {
  const title = `${nodeName(payee)} is paid a coin of ${nodeName(maker)} with ${ANCESTORS} ancestors, and pays it on to ${nodeName(third)}`;
  test(title, { timeout }, async ({ network, peer }) => {
    const { coin, ancestors } = (await chains.get(maker.id)) ?? { coin: undefined, ancestors: [] };
    if (!coin) throw new Error(`${nodeName(maker)} made no chain of transactions`);
    const [payer, receiver, last] = [peer(maker.id), peer(payee.id), peer(third.id)];
    await payAll({ network, payer, payee: receiver, amounts: [coin], limitMs });
    const known = await receiver.transactions();
    const unknown = ancestors.filter((transaction) => !known.has(transaction));
    expect(unknown, `ancestors that ${nodeName(payee)} does not know`).toEqual([]);
    await payAll({ network, payer: receiver, payee: last, amounts: [coin], limitMs });
  });
}
