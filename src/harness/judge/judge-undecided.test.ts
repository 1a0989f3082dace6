import { describe, expect, test } from 'vitest';
import { HonestWorld, type Command } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { A, B, C, change, issue, loseAt, pay, withoutRows } from '../testing/planted-faults.ts';
import type { Views } from '../trade/views.ts';

function messages(views: Views): readonly string[] {
  return judge(views).map(({ message }) => message);
}

function world(...commands: readonly Command[]): Views {
  return new HonestWorld().run(commands).views();
}

/** Without an ok, but carried out. */
const done = (command: Command): Command => ({ ...command, end: 'failed-but-done' });
/** Without an ok, and nothing happened. */
const undone = (command: Command): Command => ({ ...command, end: 'failed' });

describe('what a trace tells of an operation without an ok', () => {
  test.each([
    ['a payment to oneself', [issue(A, 9_00), done(pay(A, A, 3_00)), undone(pay(A, B, 3_00))]],
    ['an issue', [done(issue(A, 9_00)), undone(issue(A, 8_00)), undone(issue(B, 9_00))]],
    ['an exit', [issue(A, 9_00), done({ ...pay(A, A, 3_00), kind: 'exit' }), undone(pay(A, B, 3_00))]],
    ['a payment to another', [issue(A, 9_00), done(pay(A, B, 3_00)), undone(pay(A, C, 3_00)), undone(pay(A, B, 4_00))]],
    [
      'a payment in another currency',
      [issue(A, 9_00), done(pay(A, B, 3_00)), undone({ ...pay(A, B, 3_00), currency: 'EUR' })],
    ],
    ['a payment of another', [issue(A, 9_00), issue(B, 9_00), done(pay(B, C, 3_00)), undone(pay(A, C, 3_00))]],
    ['a payment of all that was there', [issue(A, 3_00), done(pay(A, B, 3_00)), undone(pay(A, C, 3_00))]],
  ] as const)('tells %s from what did not happen', (_, commands) => {
    const honest = world(...commands);
    expect(messages(honest)).toEqual([]);
    const [vault] = honest.vaults.filter(({ states }) => states.length > 0);
    const [coin] = vault?.states ?? [];
    // It is decided to the cent: no other world makes this right.
    const ref = `${coin?.transaction}(${coin?.index})`;
    expect(messages(change(honest, ref, (state) => [{ ...state, amount: state.amount + 1 }]))).not.toEqual([]);
  });
});

describe('payments without databases', () => {
  test('have arrived where the payee has spent them by an operation of its own', () => {
    expect(messages(withoutRows(world(issue(A, 3_00), pay(A, B, 3_00), pay(B, C, 3_00))))).toEqual([]);
    const ofAnother = withoutRows(world(issue(A, 3_00), pay(A, B, 3_00), pay(B, C, 3_00)));
    const journal = ofAnother.journal.map((entry) =>
      entry.operation.from === 'party-b' ? { ...entry, operation: { ...entry.operation, from: 'party-c' } } : entry,
    );
    expect(messages({ ...ofAnother, journal }).join('\n')).toContain('lost payment: 3.00 USD from 4.8 (party-a)');
  });

  test('have arrived where the payee has spent them by an operation without an ok', () => {
    const honest = withoutRows(world(issue(A, 3_00), pay(A, B, 3_00), done(pay(B, C, 3_00))));
    expect(messages(honest)).toEqual([]);
    expect(messages(loseAt(honest, 'party-b', 'T3')).join('\n')).toContain('lost payment: 3.00 USD from 4.8 (party-a)');
    const transactions = honest.transactions.filter(({ node }) => node !== 'party-b');
    expect(messages({ ...honest, transactions })).toEqual([]);
  });

  test('have arrived if the notary was not read and the payee knows them', () => {
    const honest = { ...withoutRows(world(issue(A, 3_00), pay(A, B, 3_00), pay(B, C, 3_00))), notaryLog: [] };
    expect(messages(honest)).toEqual([]);
    expect(messages(loseAt(honest, 'party-b', 'T2')).join('\n')).toContain('party-b) never recorded it');
  });

  test('that the notary never committed are told by their coins', () => {
    const honest = withoutRows(world(issue(A, 9_00), undone(pay(A, B, 1_00))));
    const invented = change(honest, 'T1(0)', (coin) => [coin]);
    const vaults = invented.vaults.map((vault) => {
      const coin = { transaction: 'T9', index: 0, amount: 1_00, currency: 'USD', issuer: 'O=PartyA, L=London, C=GB' };
      return vault.node === 'party-b' ? { ...vault, states: [{ ...coin, owner: 'O=PartyB, L=London, C=GB' }] } : vault;
    });
    expect(messages({ ...invented, vaults })).toContain(
      '1.00 USD in the vault of 4.10 (party-b) (T9(0)) was moved by a transaction that the notary never committed',
    );
  });
});

describe('a lost payment of several that may be it', () => {
  test('is told with all directions', () => {
    const honest = withoutRows(world(issue(A, 9_00), done(pay(A, C, 1_00)), undone(pay(A, B, 2_00))));
    const lost = loseAt(honest, 'party-c', 'T2');
    expect(messages({ ...lost, vaults: lost.vaults.filter(({ node }) => node !== 'party-a') })).toContain(
      'lost payment: of the 2 payments from 4.8 (party-a) to 3.3-corda (party-c) and from 4.8 (party-a) to 4.10 (party-b) that ended without an ok, 1 is committed at the notary although no coin ever arrived (T2)',
    );
  });

  test('is none where it may be an exit instead', () => {
    const exit = done({ ...pay(A, A, 3_00), kind: 'exit' });
    expect(messages(withoutRows(world(issue(A, 9_00), exit, undone(pay(A, B, 3_00)))))).toEqual([]);
  });
});

test('long ids are cut where they would hide the sentence', () => {
  const honest = world(issue(A, 9_00), done(pay(A, C, 1_00)), done(pay(A, C, 1_00)));
  const long = JSON.parse(JSON.stringify(honest).replaceAll('"T3"', '"0123456789ABCDEF"')) as Views;
  expect(messages(loseAt(loseAt(long, 'party-c', 'T2'), 'party-c', '0123456789ABCDEF'))).toContain(
    'lost payment: of the 2 payments from 4.8 (party-a) to 3.3-corda (party-c) that ended without an ok, 2 are committed at the notary although no coin ever arrived (01234567…, T2)',
  );
});

describe('very many operations without an ok', () => {
  /** B spends at once what it gets, so that without databases it stays open which of the payments it was. */
  const many = (count: number): Views => {
    const attempts = Array.from({ length: count }, (_, index) => undone(pay(A, B, 1_00 + index)));
    return withoutRows(world(issue(A, 100_00), ...attempts, done(pay(A, B, 50_00)), pay(B, C, 50_00)));
  };

  test.each([300, 1_200])('are a range: %d', (count) => {
    const honest = many(count);
    expect(messages(honest)).toEqual([]);
    const most = 100_00 - 50_00;
    const coin = honest.vaults[0]?.states[0];
    expect(coin?.amount).toBe(most);
    const total = Array.from({ length: count }, (_, index) => 1_00 + index).reduce(
      (sum, amount) => sum + amount,
      50_00,
    );
    const money = (amount: number): string => `${(amount / 100).toFixed(2)} USD`;
    const [low, high] = [money(100_00 - total), money(100_00)];
    expect(messages(change(honest, 'T2(1)', (state) => [{ ...state, amount: 101_00 }]))).toContain(
      `the vault of 4.8 (party-a) holds 1.00 USD more than its operations say: 101.00 USD instead of ${low} to ${high}`,
    );
  });

  test('are few worlds where the databases tell the amounts', () => {
    const attempts = Array.from({ length: 1_200 }, (_, index) => undone(pay(A, B, 1_00 + index)));
    const honest = world(issue(A, 1_00), issue(A, 100_00), ...attempts, done(pay(A, B, 50_00)), pay(B, C, 50_00));
    expect(messages(honest)).toEqual([]);
    expect(messages(change(honest, 'T1(0)', (state) => [{ ...state, amount: 99 }]))).toContain(
      'the vault of 4.8 (party-a) holds 0.01 USD less than its operations say: 50.99 USD instead of 51.00 USD',
    );
  });

  test('that are 3 worlds are told one by one', () => {
    const attempts = [1_00, 2_00].map((amount) => undone(pay(A, B, amount)));
    const honest = withoutRows(world(issue(A, 9_00), ...attempts, done(pay(A, B, 4_00)), pay(B, C, 4_00)));
    expect(messages(change(honest, 'T2(1)', (state) => [{ ...state, amount: 9_00 }]))).toContain(
      'the vault of 4.8 (party-a) holds 1.00 USD more than its operations say: 9.00 USD instead of 5.00 USD or 7.00 USD or 8.00 USD',
    );
  });

  test('that are 4 worlds or more are told by their ends', () => {
    const attempts = [1_00, 2_00, 3_00].map((amount) => undone(pay(A, B, amount)));
    const honest = withoutRows(world(issue(A, 9_00), ...attempts, done(pay(A, B, 4_00)), pay(B, C, 4_00)));
    expect(messages(honest)).toEqual([]);
    expect(messages(change(honest, 'T2(1)', (state) => [{ ...state, amount: 9_00 }]))).toContain(
      'the vault of 4.8 (party-a) holds 1.00 USD more than its operations say: 9.00 USD instead of 5.00 USD to 8.00 USD',
    );
  });
});
