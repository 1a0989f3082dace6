import { expect, test } from 'vitest';
import { HonestWorld } from '../testing/honest-world.ts';
import { A, B, issue, pay, withoutRows } from '../testing/planted-faults.ts';
import { type Views, parseViews } from './views.ts';

const views = new HonestWorld().run([issue(A, 9_00), { ...pay(A, B, 3_00), anonymous: true }, pay(B, A, 1_00)]).views();

/** As a run stores them: with what is for people only. */
function stored(of: Views, more: object = {}): string {
  return JSON.stringify({ ...of, journal: undefined, killed: undefined, findings: ['x'], ...more });
}

test.each([
  ['as they were', views],
  ['as they were, where no database was read', withoutRows(views)],
  [
    'with what only some releases tell',
    {
      ...views,
      vaults: [{ node: 'party-a', states: [{ ...coin(), issuer: 'A', owner: 'B', anonymous: true }] }],
      rows: [
        {
          node: 'party-a',
          rows: [{ ...coin(), spent: true, consumedBy: 'T2', lock: 'F1', constraint: 'hash' as const }],
        },
      ],
      transactions: [{ node: 'party-a', transactions: ['T1'], unverified: ['T2'] }],
      flows: [{ node: 'party-a', flows: [{ id: 'F1', flow: 'CashPaymentFlow' }], checkpoints: 1 }],
    },
  ],
])('views are read %s', (_, of) => {
  const { vaults, rows, transactions, notaryLog, flows, parties } = of;
  const expected = { vaults, ...(rows && { rows }), transactions, notaryLog, flows, parties };
  expect(parseViews(stored(of))).toStrictEqual(expected);
});

test('a text that was cut is said to be no JSON', () => {
  expect(() => parseViews(stored(views).slice(0, -1))).toThrow(
    /^it is not JSON, perhaps cut short while it was written: SyntaxError/,
  );
});

test.each([
  ['an unknown field', { more: [] }, /more/],
  ['no vaults', { vaults: undefined }, /vaults/],
  ['half a unit', { vaults: [{ node: 'a', states: [{ ...coin(), amount: 0.5, issuer: 'A', owner: 'B' }] }] }, /amount/],
  ['a state without an owner', { vaults: [{ node: 'a', states: [{ ...coin(), issuer: 'A' }] }] }, /owner/],
  [
    'an unknown constraint',
    { rows: [{ node: 'a', rows: [{ ...coin(), spent: true, constraint: 'none' }] }] },
    /constraint/,
  ],
  ['a row that is neither spent nor unspent', { rows: [{ node: 'a', rows: [coin()] }] }, /spent/],
  [
    'a commit without what it was for',
    { notaryLog: [{ node: 'n', commits: [{ transaction: 'T1', index: 0 }] }] },
    /consumedBy/,
  ],
  ['a party without a release', { parties: [{ id: 'a', party: 'A', notary: false, keepsRefusals: false }] }, /release/],
  ['a flow without a name', { flows: [{ node: 'a', flows: [{ id: 'F1' }], checkpoints: 0 }] }, /flow/],
])('views with %s are refused', (_, more, words) => {
  expect(() => parseViews(stored(views, more))).toThrow(words);
});

function coin() {
  return { transaction: 'T1', index: 0, amount: 5, currency: 'USD' };
}
