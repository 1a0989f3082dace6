import { describe, expect, test } from 'vitest';
import { HonestWorld, type Command } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { A, B, C, change, forgetAt, issue, pay } from '../testing/planted-faults.ts';
import type { Views } from '../trade/views.ts';

function messages(views: Views): readonly string[] {
  return judge(views).map(({ message }) => message);
}

const honest = new HonestWorld().run([issue(A, 100_00), pay(A, B, 30_00), pay(B, C, 10_00)]).views();

describe('a transaction', () => {
  test('moves what was asked for, even if no sum differs', () => {
    const world = new HonestWorld().run([issue(A, 5_00), issue(A, 7_00)]).views();
    const more = change(world, 'T1(0)', (coin) => [{ ...coin, amount: 6_00 }]);
    expect(messages(change(more, 'T2(0)', (coin) => [{ ...coin, amount: 6_00 }]))).toEqual([
      'the issue of 5.00 USD by 4.8 (party-a) [issue-0] moved other money: 6.00 USD in the vault of 4.8 (party-a) (T1)',
      'the issue of 7.00 USD by 4.8 (party-a) [issue-1] moved other money: 6.00 USD in the vault of 4.8 (party-a) (T2)',
    ]);
  });

  test('of an exit destroys what was asked for', () => {
    const exit = { ...pay(A, A, 2_00), kind: 'exit' } as const;
    const world = new HonestWorld().run([issue(A, 9_00), exit]).views();
    expect(messages(world)).toEqual([]);
    expect(messages(change(world, 'T2(0)', (coin) => [{ ...coin, amount: 6_00 }]))).toContain(
      'the exit of 2.00 USD by 4.8 (party-a) [exit-1] moved other money: 6.00 USD in the vault of 4.8 (party-a) (T2)',
    );
  });

  test('without an ok moves what one of the operations without an ok asked for', () => {
    const unanswered: Command = { ...pay(A, B, 3_00), end: 'unknown-but-done' };
    const world = new HonestWorld().run([issue(A, 9_00), unanswered, { ...unanswered, end: 'failed' }]).views();
    expect(messages(world)).toEqual([]);
    const other = change(world, 'T2(0)', (coin) => [{ ...coin, amount: 4_00 }]);
    expect(messages(other)).toContain(
      'cash moved in a way that no operation asked for: 4.00 USD in the vault of 4.10 (party-b), 6.00 USD in the vault of 4.8 (party-a); ' +
        'operations without an ok: the payment of 3.00 USD from 4.8 (party-a) to 4.10 (party-b) [pay-1] and 1 more (T2)',
    );
    expect(judge(other).map(({ kind }) => kind)).toContain('transaction-differs');
  });

  test('that no operation is left for is told', () => {
    const unanswered: Command = { ...pay(A, B, 3_00), end: 'unknown-but-done' };
    const world = new HonestWorld().run([issue(A, 9_00), unanswered, unanswered]).views();
    expect(messages(world)).toEqual([]);
    expect(messages({ ...world, journal: world.journal.slice(0, 2) })).toContain(
      'cash moved more often than operations without an ok asked for: 3.00 USD in the vault of 4.10 (party-b), 6.00 USD in the vault of 4.8 (party-a), ' +
        'as by the payment of 3.00 USD from 4.8 (party-a) to 4.10 (party-b) [pay-1] (T2)',
    );
    const once = judge({ ...world, journal: world.journal.slice(0, 2) });
    expect(once.map(({ kind }) => kind)).toContain('unexplained-transaction');
  });

  test('is known to whom it paid', () => {
    expect(messages(forgetAt(honest, 'party-c', 'T3'))).toEqual([
      '3.3-corda (party-c) has had the money of a payment whose transaction it does not know: 10.00 USD from 4.10 (party-b) to 3.3-corda (party-c) [pay-2] (T3)',
    ]);
    const unanswered: Command = { ...pay(A, B, 3_00), end: 'unknown-but-done' };
    const world = new HonestWorld().run([issue(A, 9_00), unanswered]).views();
    expect(judge(forgetAt(world, 'party-b', 'T2'))).toEqual([
      {
        kind: 'transaction-missing',
        message: '4.10 (party-b) has had money of a transaction that it does not know (T2)',
      },
    ]);
  });

  test('is known to the notary that validated what builds upon it', () => {
    expect(messages(forgetAt(honest, 'notary', 'T1'))).toEqual([
      '4.8 (notary) validates and has committed a spend of a state of T1, but does not know that transaction',
    ]);
    const parties = honest.parties.map((node) => ({ ...node, validating: false }));
    expect(messages({ ...forgetAt(honest, 'notary', 'T1'), parties })).toEqual([]);
    const transactions = honest.transactions.filter(({ node }) => node !== 'notary');
    expect(messages({ ...honest, transactions })).toEqual([]);
  });

  test('is known to each validating notary for what that one has committed', () => {
    const node = { id: 'notary-2', party: 'O=Second, L=London, C=GB', release: '4.10', notary: true };
    const parties = [...honest.parties, { ...node, validating: true, keepsRefusals: false }];
    const transactions = [...honest.transactions, { node: 'notary-2', transactions: [] }];
    expect(messages({ ...honest, parties, transactions })).toEqual([]);
    const log = { node: 'notary-2', commits: [{ transaction: 'T1', index: 0, consumedBy: 'T2' }] };
    expect(messages({ ...honest, parties, transactions, notaryLog: [...honest.notaryLog, log] })).toEqual([
      '4.10 (notary-2) validates and has committed a spend of a state of T1, but does not know that transaction',
      '100.00 USD in the vault of 4.8 (party-a) (T1(0)) was spent by T2 at 4.10 (notary-2), but its notary is 4.8 (notary)',
    ]);
  });
});
