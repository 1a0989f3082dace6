import { describe, expect, test } from 'vitest';
import { HonestWorld, type Command } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { A, B, C, change, changeRows, changeTold, issue, loseAt, pay, withoutRows } from '../testing/planted-faults.ts';
import { refOf, type Views } from '../trade/views.ts';

function messages(views: Views): readonly string[] {
  return judge(views).map(({ message }) => message);
}

const honest = new HonestWorld().run([issue(A, 100_00), pay(A, B, 30_00), pay(B, C, 10_00)]).views();

describe('a vault and its database', () => {
  test('have the same coins', () => {
    expect(messages(changeRows(honest, 'T2(1)', () => []))).toEqual([
      'the vault of 4.8 (party-a) has 70.00 USD (T2(1)) by RPC but not in its database',
    ]);
    const untold = changeTold(honest, 'T2(1)', () => []);
    expect(messages(untold)).toContain(
      'the vault of 4.8 (party-a) has 70.00 USD (T2(1)) in its database but not by RPC',
    );
  });

  test('nothing is locked, but at a node that was killed', () => {
    const locked = changeRows(honest, 'T2(1)', (row) => [{ ...row, lock: 'F1' }]);
    const message = '70.00 USD (T2(1)) in the vault of 4.8 (party-a) is still locked by F1';
    expect(messages(locked)).toEqual([message]);
    expect(messages({ ...locked, killed: ['party-b'] })).toEqual([message]);
    expect(messages({ ...locked, killed: ['party-b', 'party-a'] })).toEqual([]);
  });

  test('have them once', () => {
    const twice = changeRows(honest, 'T2(1)', (row) => [row, row]);
    expect(messages(twice)).toContain('the vault of 4.8 (party-a) has 1 of its states twice');
    const toldTwice = changeTold(honest, 'T2(1)', (coin) => [coin, coin]);
    expect(messages(toldTwice)).toContain('the vault of 4.8 (party-a) has 1 of its states twice');
  });

  test('have them with the same amounts and currencies', () => {
    expect(messages(changeRows(honest, 'T2(1)', (row) => [{ ...row, amount: 71_00 }]))).toEqual([
      'the vault of 4.8 (party-a) has 70.00 USD (T2(1)) by RPC, which is 71.00 USD in its database',
    ]);
    expect(messages(changeRows(honest, 'T2(1)', (row) => [{ ...row, currency: 'EUR' }]))).toEqual([
      'the vault of 4.8 (party-a) has 70.00 USD (T2(1)) by RPC, which is 70.00 EUR in its database',
    ]);
  });

  test('have them with the same constraint, where both tell it', () => {
    expect(messages(changeRows(honest, 'T2(1)', (row) => [{ ...row, constraint: 'hash' }]))).toEqual([
      'the vault of 4.8 (party-a) has 70.00 USD (T2(1)) with the constraint whitelisted by RPC, hash in its database',
    ]);
    expect(
      messages(
        changeRows(honest, 'T2(1)', ({ transaction, index, amount, currency, spent }) => [
          { transaction, index, amount, currency, spent },
        ]),
      ),
    ).toEqual([]);
  });

  test('have no lock left, but on what is spent', () => {
    expect(messages(changeRows(honest, 'T2(1)', (row) => [{ ...row, lock: 'F1' }]))).toEqual([
      '70.00 USD (T2(1)) in the vault of 4.8 (party-a) is still locked by F1',
    ]);
    expect(messages(changeRows(honest, 'T1(0)', (row) => [{ ...row, lock: 'F1' }]))).toEqual([]);
  });

  test('are not compared where the one or the other was not read', () => {
    expect(messages({ ...honest, rows: [] })).toEqual([]);
    const [, ...others] = honest.rows ?? [];
    expect(messages({ ...honest, rows: others })).toEqual([]);
    const vaults = honest.vaults.slice(1);
    expect(judge({ ...honest, vaults }).map(({ kind }) => kind)).not.toContain('rpc-differs');
  });
});

test('transactions that are not verified are told', () => {
  const [view, ...others] = honest.transactions;
  if (!view) throw new Error('no view');
  expect(messages({ ...honest, transactions: [{ ...view, unverified: ['T8', 'T9'] }, ...others] })).toEqual([
    '4.8 (notary) has stored transactions that it has not verified: T8, T9',
  ]);
  expect(messages({ ...honest, transactions: [{ ...view, unverified: [] }, ...others] })).toEqual([]);
});

describe('what is spent', () => {
  test('is spent once', () => {
    const log = { node: 'notary-2', commits: [{ transaction: 'T1', index: 0, consumedBy: 'T2' }] };
    expect(messages({ ...honest, notaryLog: [...honest.notaryLog, log] })).toEqual([]);
    const other = { ...log, commits: [{ transaction: 'T1', index: 0, consumedBy: 'T9' }] };
    expect(messages({ ...honest, notaryLog: [...honest.notaryLog, other] })).toContain(
      'spent twice: T1(0) by T2 and by T9, as notary-2 says',
    );
  });

  test('is spent by the same transaction in the vault and at the notary', () => {
    const world = changeRows(honest, 'T2(0)', (row) => [{ ...row, consumedBy: 'T9' }]);
    expect(messages(world)).toEqual([
      '30.00 USD in the vault of 4.10 (party-b) (T2(0)) was spent by T9 there but by T3 at the notary',
    ]);
  });

  test('was in a vault', () => {
    const gone = changeRows(honest, 'T1(0)', () => []);
    expect(messages(gone)).toEqual(['T1(0) was spent by T2 at the notary, but no vault ever had it']);
    const unanswered: Command = { ...pay(A, B, 3_00), end: 'unknown-but-done' };
    const world = new HonestWorld().run([issue(A, 9_00), unanswered]).views();
    expect(messages(changeRows(world, 'T1(0)', () => []))).toContain(
      'T1(0) was spent by T2 at the notary, but no vault ever had it',
    );
    const [, ...others] = gone.rows ?? [];
    expect(messages({ ...gone, rows: others })).toEqual([]);
  });
});

describe('what remains open', () => {
  /** Without history in the vaults: B has spent what it got, so that it stays open which of the two payments it was. */
  const open = (given: readonly [Command['end'], Command['end']]): Views => {
    const [three, four] = given;
    const commands: Command[] = [
      issue(A, 10_00),
      { ...pay(A, B, 3_00), end: three },
      { ...pay(A, B, 4_00), end: four },
      issue(B, 1_00),
      pay(B, C, three === 'unknown' ? 4_50 : 3_50),
    ];
    return withoutRows(new HonestWorld().run(commands).views());
  };

  test('fits where one of the worlds does', () => {
    expect(messages(open(['unknown-but-done', 'unknown']))).toEqual([]);
    expect(messages(open(['unknown', 'unknown-but-done']))).toEqual([]);
  });

  test('is told with what may be, if none does', () => {
    const world = open(['unknown-but-done', 'unknown']);
    const coin = world.vaults[0]?.states[0];
    if (!coin) throw new Error('no coin');
    expect(messages(change(world, refOf(coin), (state) => [{ ...state, amount: 8_00 }]))).toEqual([
      '1.00 USD issued by 4.8 (party-a) is too much: all vaults together hold 11.00 USD, issued minus exited is 10.00 USD',
      'the vault of 4.8 (party-a) holds 1.00 USD more than its operations say: 8.00 USD instead of 6.00 USD or 7.00 USD',
    ]);
  });

  test('cannot hide a fault that fits in each account alone but in no world', () => {
    const world = open(['unknown-but-done', 'unknown']);
    const [a] = world.vaults[0]?.states ?? [];
    if (!a) throw new Error('no coin');
    // As if the payment of 4.00 had been made, for A alone.
    const found = messages(change(world, refOf(a), (state) => [{ ...state, amount: 6_00 }]));
    expect(found).toContain(
      'the vault of 4.8 (party-a) holds 1.00 USD less than its operations say: 6.00 USD instead of 6.00 USD or 7.00 USD',
    );
  });
});

test('a coin of an anonymous key belongs to whom it lies with', () => {
  const world = new HonestWorld().run([issue(A, 9_00), { ...pay(A, B, 3_00), anonymous: true }]).views();
  expect(world.vaults[1]?.states[0]?.owner).toMatch(/^anonymous /);
  expect(messages(world)).toEqual([]);
  expect(messages(loseAt(world, 'party-b', 'T2'))).toContain(
    'the vault of 4.10 (party-b) holds 3.00 USD less than its operations say: 0.00 USD instead of 3.00 USD',
  );
});
