import {
  brief,
  expect,
  neighboursOf,
  nodeName,
  notaryParty,
  OWN_CURRENCIES,
  payAll,
  test,
} from '../../fixtures/index.ts';

const { nodes, limits } = brief();
const notaries = nodes.filter(({ notary }) => notary);
const ISSUED = 50_00;
const PAID = 20_00;
const timeout = 8 * limits.flow + limits.arrival + limits.outage;

const changes = notaries.flatMap((old) => notaries.filter((fresh) => fresh !== old).map((fresh) => ({ old, fresh })));
const cases = changes.flatMap((change) =>
  neighboursOf(nodes).map(({ one, next }) => ({ ...change, owner: one, payee: next })),
);

if (cases.length === 0) {
  test('money changes its notary and is paid on', ({ skip }) => {
    skip('the network has one notary only. Set topology.notaries to 2.');
  });
}

for (const [index, { old, fresh, owner, payee }] of cases.entries()) {
  const currency = OWN_CURRENCIES.notaryChange[index] ?? '';
  const title = `${nodeName(owner)} takes money from ${nodeName(old)} to ${nodeName(fresh)}, and pays ${nodeName(payee)} there`;
  test(title, { timeout }, async ({ network, peer, notaries: leased }) => {
    const [from, to] = [old, fresh].map(({ id }) => leased.find((notary) => notary.id === id));
    if (!from || !to) throw new Error(`the network has not both of ${old.id} and ${fresh.id}`);
    const [payer, receiver] = [peer(owner.id), peer(payee.id)];
    const { transaction: issue } = await payer.issue({ amount: ISSUED, currency }, { notary: from });
    const own = { index: 0, amount: ISSUED, currency, issuer: payer.party, owner: payer.party };
    const [coin] = await coinsOf(payer, currency);
    expect(coin, 'as issued').toMatchObject({ ...own, transaction: issue, notary: notaryParty(from) });
    if (!coin) throw new Error('unreachable');

    const { transaction: change } = await payer.changeNotary(coin, to);
    const changed = { ...own, transaction: change, notary: notaryParty(to) };
    expect(await coinsOf(payer, currency), 'the same money under the other notary, and nothing else').toMatchObject([
      changed,
    ]);

    await payAll({ network, payer, payee: receiver, amounts: [{ amount: PAID, currency }], notary: to });
    expect(await coinsOf(receiver, currency), 'the coins that arrived').toMatchObject([
      { amount: PAID, issuer: payer.party, owner: receiver.party, notary: notaryParty(to) },
    ]);
  });
}

async function coinsOf(
  holder: Parameters<typeof payAll>[0]['payee'],
  currency: string,
): Promise<Awaited<ReturnType<typeof holder.vault>>['states']> {
  return (await holder.vault()).states.filter((state) => state.currency === currency);
}
