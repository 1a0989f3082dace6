import { describe, expect, test } from 'vitest';
import { HonestWorld } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { A, B, C, change, first, forgetAt, issue, loseAt, pay, withoutRows } from '../testing/planted-faults.ts';
import { refOf, type Finding, type Views } from '../trade/views.ts';

function messages(views: Views): readonly string[] {
  return judge(views).map(({ message }) => message);
}

function kinds(views: Views): readonly Finding['kind'][] {
  return [...new Set(judge(views).map(({ kind }) => kind))];
}

describe('a known history', () => {
  const honest = new HonestWorld().run([issue(A, 100_00), pay(A, B, 30_00), pay(B, C, 10_00), pay(A, C, 5_00)]).views();

  test('is fine as it is', () => {
    expect(judge(honest)).toEqual([]);
  });

  test('a payment that never arrived is told with parties, releases and the amount', () => {
    const found = messages(loseAt(honest, 'party-c', 'T4'));
    expect(found).toContain(
      '5.00 USD issued by 4.8 (party-a) is missing: all vaults together hold 95.00 USD, issued minus exited is 100.00 USD',
    );
    expect(found).toContain(
      'the vault of 3.3-corda (party-c) holds 5.00 USD less than its operations say: 10.00 USD instead of 15.00 USD',
    );
    expect(found).toContain(
      'lost payment: 5.00 USD from 4.8 (party-a) to 3.3-corda (party-c) [pay-3] is recorded by 4.8 (party-a), committed at the notary, reported as done, but 3.3-corda (party-c) never recorded it (T4)',
    );
  });

  test('a payee that has the transaction (as back chain) but not the coin has lost it all the same', () => {
    const lost = { ...loseAt(honest, 'party-c', 'T4'), transactions: honest.transactions };
    expect(messages(lost).join('\n')).toMatch(/lost payment: .*party-c\) has the transaction but not the coin/);
  });

  test('a payment that neither payer nor notary nor payee knows was reported as done, no more', () => {
    const forgotten = forgetAt(loseAt(honest, 'party-c', 'T4'), 'party-a', 'T4');
    expect(messages({ ...forgotten, notaryLog: [{ node: 'notary', commits: [] }] })).toContain(
      'lost payment: 5.00 USD from 4.8 (party-a) to 3.3-corda (party-c) [pay-3] is reported as done, but 3.3-corda (party-c) never recorded it (T4)',
    );
  });

  test('a coin that never was in the database of its payee is lost, even if the payee has spent it', () => {
    expect(messages(loseAt(honest, 'party-b', 'T2')).join('\n')).toContain(
      'lost payment: 30.00 USD from 4.8 (party-a)',
    );
  });

  test('what is missing of all money is told before what is missing in vaults', () => {
    const world = new HonestWorld().run([issue(A, 5_00), issue(B, 7_00)]).views();
    const empty = { ...world, vaults: world.vaults.map((vault) => ({ ...vault, states: [] })) };
    const sums = ['conservation', 'conservation', 'vault-differs', 'vault-differs'];
    expect(
      judge(empty)
        .slice(0, 4)
        .map(({ kind }) => kind),
    ).toEqual(sums);
  });

  test('a lost payment whose flow failed is found too', () => {
    const failing = { ...pay(A, C, 5_00), end: 'failed-but-done' } as const;
    const world = new HonestWorld().run([issue(A, 100_00), failing]).views();
    expect(judge(world)).toEqual([]);
    expect(messages(loseAt(world, 'party-c', 'T2'))).toEqual([
      '5.00 USD issued by 4.8 (party-a) is missing: all vaults together hold 95.00 USD, issued minus exited is 100.00 USD',
      'the vault of 3.3-corda (party-c) holds 5.00 USD less than its operations say: 0.00 USD instead of 5.00 USD',
      'lost payment: 5.00 USD from 4.8 (party-a) to 3.3-corda (party-c) [pay-1] ended without an ok, is committed at the notary, but the coin never arrived (T2)',
    ]);
  });

  test('several lost payments without an ok are told together', () => {
    const failing = { ...pay(A, C, 5_00), end: 'failed-but-done' } as const;
    const world = new HonestWorld().run([issue(A, 100_00), failing, failing, { ...failing, end: 'failed' }]).views();
    expect(messages(loseAt(loseAt(world, 'party-c', 'T2'), 'party-c', 'T3'))).toContain(
      'lost payment: of the 3 payments from 4.8 (party-a) to 3.3-corda (party-c) that ended without an ok, 2 are committed at the notary although no coin ever arrived (T2, T3)',
    );
  });

  test('a coin that is unspent in a vault but spent at the notary', () => {
    const coin = { ...first(honest), transaction: 'T1', index: 0, amount: 100_00 };
    const resurrected = change(honest, refOf(first(honest)), (state) => [state, coin]);
    expect(messages(resurrected)).toContain(
      '100.00 USD in the vault of 4.8 (party-a) (T1(0)) is unspent there but was spent by T2 at the notary',
    );
  });

  test('a notary that never committed what a payer was told is done', () => {
    const forgetful = {
      ...honest,
      notaryLog: honest.notaryLog.map((log) => ({
        ...log,
        commits: log.commits.filter(({ consumedBy }) => consumedBy !== 'T4'),
      })),
    };
    expect(messages(forgetful)).toEqual([
      '70.00 USD in the vault of 4.8 (party-a) (T2(1)) is spent there but the notary never saw it spent',
      'the notary never committed the payment of 5.00 USD that was reported to 4.8 (party-a) as done (T4)',
    ]);
    expect(messages(withoutRows(forgetful))).toEqual([
      'the notary never committed the payment of 5.00 USD that was reported to 4.8 (party-a) as done (T4)',
    ]);
  });

  test('an issued coin that vanished without the notary', () => {
    const world = new HonestWorld().run([issue(A, 7_00), issue(A, 1_00)]).views();
    const without = change(world, 'T1(0)', () => []);
    expect(messages(without)).toContain(
      'the 7.00 USD that 4.8 (party-a) issued is in no vault, but the notary never saw it spent (T1(0))',
    );
  });

  test("a coin in another party's vault", () => {
    const stray = change(honest, 'T4(1)', (state) => [{ ...state, owner: 'O=PartyB, L=London, C=GB' }]);
    expect(judge(stray)).toContainEqual({
      kind: 'foreign-coin',
      message: 'the vault of 4.8 (party-a) holds 65.00 USD that belongs to 4.10 (party-b) (T4(1))',
    });
  });

  test('a payer that does not know what it paid itself is told of once', () => {
    const world = new HonestWorld().run([issue(A, 9_00), pay(A, A, 3_00)]).views();
    expect(messages(forgetAt(world, 'party-a', 'T2'))).toEqual([
      '4.8 (party-a) does not know the transaction of its own payment of 3.00 USD from 4.8 (party-a) to 4.8 (party-a) [pay-1] (T2)',
    ]);
  });

  test('a payer that does not know its own payment', () => {
    const amnesic = {
      ...honest,
      transactions: honest.transactions.map((view) =>
        view.node === 'party-a' ? { ...view, transactions: view.transactions.filter((known) => known !== 'T4') } : view,
      ),
    };
    expect(messages(amnesic)).toEqual([
      '4.8 (party-a) does not know the transaction of its own payment of 5.00 USD from 4.8 (party-a) to 3.3-corda (party-c) [pay-3] (T4)',
    ]);
  });

  test('a flow in flight, and a checkpoint that RPC does not list', () => {
    const cashPayment = (id: string) => ({ id, flow: 'net.corda.finance.flows.CashPaymentFlow' });
    const busy: Views = {
      ...honest,
      flows: [
        {
          node: 'party-a',
          flows: [cashPayment('f1'), cashPayment('f2'), { id: 'f3', flow: 'NotariseFlow' }],
          checkpoints: 3,
        },
        { node: 'party-b', flows: [cashPayment('f4')], checkpoints: 0 },
        { node: 'party-c', flows: [], checkpoints: 1 },
        { node: 'stranger', flows: [], checkpoints: 2 },
      ],
    };
    expect(messages(busy)).toEqual([
      '4.8 (party-a) is not quiet: flows in flight: CashPaymentFlow × 2, NotariseFlow; 3 checkpoints left',
      '4.10 (party-b) is not quiet: flows in flight: CashPaymentFlow; 0 checkpoints left',
      '3.3-corda (party-c) is not quiet: no flow that RPC still lists; 1 checkpoint left',
      'stranger is not quiet: no flow that RPC still lists; 2 checkpoints left',
    ]);
  });

  test('a notary that keeps the checkpoint of each refusal, as 3.x does, may have as many as it refused, and no more', () => {
    const keeping = (refusals: number): Views => ({
      ...honest,
      parties: honest.parties.map((node) => ({ ...node, keepsRefusals: node.notary })),
      refusals: { notary: refusals },
      flows: honest.flows.map((view) => (view.node === 'notary' ? { ...view, checkpoints: 2 } : view)),
    });
    expect(messages(keeping(2))).toEqual([]);
    expect(messages(keeping(1))).toEqual([
      '4.8 (notary) is not quiet: no flow that RPC still lists; 2 checkpoints left',
    ]);
    expect(messages({ ...keeping(2), parties: honest.parties })).toHaveLength(1);
    const others = ['party-a', 'stranger'].map((node) => ({ node, flows: [], checkpoints: 1 }));
    const refusals = { notary: 2, 'party-a': 1, stranger: 1 };
    expect(messages({ ...keeping(2), refusals, flows: others })).toHaveLength(2);
  });

  test('money that no operation asked for', () => {
    const invented = change(honest, refOf(first(honest)), (state) => [
      state,
      { ...state, transaction: 'T99', amount: 1_00 },
    ]);
    expect(messages(invented)).toContain(
      'cash moved that no operation asked for: 1.00 USD in the vault of 4.8 (party-a) (T99)',
    );
  });

  test('money that was destroyed without an operation', () => {
    const exit = { ...pay(A, A, 9_00), kind: 'exit' } as const;
    const world = new HonestWorld().run([issue(A, 9_00), exit]).views();
    expect(messages({ ...world, journal: world.journal.slice(0, 1) })).toEqual([
      '9.00 USD issued by 4.8 (party-a) is missing: all vaults together hold 0.00 USD, issued minus exited is 9.00 USD',
      'the vault of 4.8 (party-a) holds 9.00 USD less than its operations say: 0.00 USD instead of 9.00 USD',
      'cash moved that no operation asked for: no vault has its coins (T2)',
    ]);
  });

  test('a payment that the node carried out twice', () => {
    const twice = new HonestWorld().run([issue(A, 9_00), pay(A, B, 1_00), pay(A, B, 1_00)]).views();
    const once = { ...twice, journal: twice.journal.slice(0, 2) };
    expect(kinds(once)).toEqual(expect.arrayContaining(['vault-differs', 'unexplained-transaction']));
  });

  test('whether an exit without an ok happened is seen at the notary', () => {
    const exit = { ...pay(A, A, 2_00), kind: 'exit', end: 'unknown-but-done' } as const;
    const world = new HonestWorld().run([issue(A, 9_00), exit, { ...exit, end: 'unknown' }]).views();
    expect(judge(world)).toEqual([]);
    const emptied = { ...world, vaults: world.vaults.map((vault) => ({ ...vault, states: [] })) };
    expect(messages(emptied)).toContain(
      '7.00 USD issued by 4.8 (party-a) is missing: all vaults together hold 0.00 USD, issued minus exited is 7.00 USD',
    );
  });
});
