import { describe, expect, test } from 'vitest';
import type { Operation } from '../trade/operation.ts';
import { evidenceOf, fits, fitsExactly, type Evidence } from './traces.ts';
import { HonestWorld } from '../testing/honest-world.ts';
import { A, B, changeRows, forgetAt, issue, pay, withoutRows } from '../testing/planted-faults.ts';
import { Records } from './records.ts';
import type { Views } from '../trade/views.ts';

/** T1 and T2 are issues of A, T3 takes both to pay B, T4 is an exit of all that A has left. */
const views = new HonestWorld()
  .run([issue(A, 5_00), issue(A, 4_00), pay(A, B, 7_00), { ...pay(A, A, 2_00), kind: 'exit' }])
  .views();
const NOTHING: Evidence = {
  spends: undefined,
  askers: ['party-a', 'party-b'],
  payer: undefined,
  currency: undefined,
  received: new Map(),
  change: undefined,
};

function operation(kind: Operation['kind'], from: string, to = from): Operation {
  const releases = { fromRelease: '4.8', toRelease: '4.10' };
  return { id: 'x', kind, from, to, ...releases, amount: 3_00, currency: 'USD', by: 'test' };
}
const paid = operation('pay', 'party-a', 'party-b');

function evidence(transaction: string, of: Views = views): Evidence {
  return evidenceOf(new Records(of), transaction);
}

describe('what is known', () => {
  test('of a payment: who may have asked, who paid, what it brought and cost', () => {
    expect(evidence('T3')).toEqual({
      spends: true,
      askers: ['party-a', 'party-b'],
      payer: 'party-a',
      currency: 'USD',
      received: new Map([
        ['party-a', 2_00],
        ['party-b', 7_00],
      ]),
      change: -7_00,
    });
  });

  test('of an issue: nothing was spent for it', () => {
    const received = new Map([['party-a', 5_00]]);
    expect(evidence('T1')).toEqual({ ...NOTHING, spends: false, askers: ['party-a'], currency: 'USD', received });
  });

  test('of an exit of everything: its currency is that of what it spent', () => {
    expect(evidence('T4')).toMatchObject({ currency: 'USD', received: new Map(), change: -2_00 });
  });

  test('where no notary was read: not whether it spent anything', () => {
    expect(evidence('T3', { ...views, notaryLog: [] })).toMatchObject({ spends: undefined, payer: undefined });
  });

  test('where a coin that it spent is in no vault: not what it cost', () => {
    expect(
      evidence(
        'T3',
        changeRows(views, 'T1(0)', () => []),
      ),
    ).toMatchObject({ payer: 'party-a', change: undefined });
    expect(evidence('T3', withoutRows(views))).toMatchObject({ payer: undefined, change: undefined });
  });

  test('any peer may have asked for what no peer knows; what one knows, only who knows it or was not asked', () => {
    const unknown = forgetAt(forgetAt(views, 'party-a', 'T3'), 'party-b', 'T3');
    expect(evidence('T3', unknown).askers).toEqual(['party-a', 'party-b', 'party-c']);
    const without = (of: Views, id: string) => of.transactions.filter(({ node }) => node !== id);
    expect(evidence('T3', { ...unknown, transactions: without(unknown, 'party-c') }).askers).toHaveLength(3);
    expect(evidence('T1', { ...views, transactions: without(views, 'party-c') }).askers).toEqual([
      'party-a',
      'party-c',
    ]);
  });
});

describe('an operation can have made a transaction', () => {
  test.each([
    ['of which nothing is known', paid, {}],
    ['that spent something, if it is a payment', paid, { spends: true }],
    ['that spent something, if it is an exit', operation('exit', 'party-a'), { spends: true }],
    ['that spent nothing, if it is an issue', operation('issue', 'party-a'), { spends: false }],
    ['that its payer paid', paid, { payer: 'party-a' }],
    ['in its currency', paid, { currency: 'USD' }],
    ['that brought something to payer and payee', paid, { received: holders('party-a', 'party-b') }],
  ])('%s', (_, asked, known) => {
    expect(fits({ ...NOTHING, ...known }, asked)).toBe(true);
  });

  test.each([
    ['that spent something, if it is an issue', operation('issue', 'party-a'), { spends: true }],
    ['that spent nothing, if it is a payment', paid, { spends: false }],
    ['that spent nothing, if it is an exit', operation('exit', 'party-a'), { spends: false }],
    ['that who asked for it does not know', paid, { askers: ['party-b', 'party-c'] }],
    ['that another paid', paid, { payer: 'party-b' }],
    ['in another currency', paid, { currency: 'EUR' }],
    ['that brought something to anybody else', paid, { received: holders('party-b', 'party-c') }],
  ])('but not one %s', (_, asked, known) => {
    expect(fits({ ...NOTHING, ...known }, asked)).toBe(false);
  });

  function holders(...ids: readonly string[]): ReadonlyMap<string, number> {
    return new Map(ids.map((id) => [id, 1_00]));
  }
});

describe('the amounts of a transaction are those', () => {
  const got = (amount: number) => ({ received: new Map([['party-b', amount]]) });

  test.each([
    ['of an issue, which brings what was asked for', 'issue', 'party-b', got(3_00), true],
    ['not of an issue of less', 'issue', 'party-b', got(4_00), false],
    ['of an issue whose coin is gone', 'issue', 'party-b', {}, true],
    ['of an exit whose cost is unknown', 'exit', 'party-a', {}, true],
    ['of an exit that cost what was asked for', 'exit', 'party-a', { change: -3_00 }, true],
    ['not of an exit that cost more', 'exit', 'party-a', { change: -4_00 }, false],
  ] as const)('%s', (_, kind, from, known, expected) => {
    expect(fitsExactly(new Records(views), { ...NOTHING, ...known }, operation(kind, from))).toBe(expected);
  });

  test.each([
    ['of a payment that brought and cost what was asked for', { ...got(3_00), change: -3_00 }, true],
    ['of a payment whose coin is nowhere', { change: -3_00 }, true],
    ['not of a payment that brought less', got(2_00), false],
    ['not of a payment that brought more', got(4_00), false],
    ['not of a payment that cost more', { ...got(3_00), change: -4_00 }, false],
  ])('%s', (_, known, expected) => {
    expect(fitsExactly(new Records(views), { ...NOTHING, ...known }, paid)).toBe(expected);
  });

  test('of a payment of which a part may have been spent, where spent coins are not known', () => {
    const records = new Records(withoutRows(views));
    expect(fitsExactly(records, { ...NOTHING, ...got(2_00) }, paid)).toBe(true);
    expect(fitsExactly(records, { ...NOTHING, ...got(4_00) }, paid)).toBe(false);
  });

  test('of a payment to oneself, which costs nothing', () => {
    const toOneself = operation('pay', 'party-a');
    const records = new Records(views);
    expect(fitsExactly(records, NOTHING, toOneself)).toBe(true);
    expect(fitsExactly(records, { ...NOTHING, change: 0 }, toOneself)).toBe(true);
    expect(fitsExactly(records, { ...NOTHING, change: -3_00 }, toOneself)).toBe(false);
  });
});
