import { describe, expect, test } from 'vitest';
import { parseBaseline } from '../trade/baseline-file.ts';
import { HonestWorld } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { A, B, C, change, changeRows, issue, pay } from '../testing/planted-faults.ts';
import { refOf, type Views } from '../trade/views.ts';

const world = new HonestWorld().run([issue(A, 10_00), pay(A, B, 4_00), pay(B, C, 4_00)]);
const before = structuredClone(world.views());
const after = structuredClone(world.run([pay(A, B, 1_00)]).views());
const now: Views = { ...after, journal: after.journal.slice(before.journal.length) };

/** party-a's change of before lies in the vault of party-b as well. */
function alsoAtB(views: Views): Views {
  const vaults = views.vaults.map((vault) =>
    vault.node === 'party-b' ? { ...vault, states: [...vault.states, CHANGE] } : vault,
  );
  return { ...views, vaults };
}
const CHANGE = before.vaults.flatMap(({ states }) => states).find(({ amount }) => amount === 6_00) ?? fail();

function fail(): never {
  throw new Error('the imagined vaults have no change');
}

test('a coin in a vault that it does not belong to is found where it came since, not where it lay before', () => {
  const messages = (views: Views, baseline: Views) => judge(views, baseline).map(({ kind }) => kind);
  expect(messages(now, before)).toEqual([]);
  expect(messages(alsoAtB(now), before)).toContain('foreign-coin');
  expect(messages(alsoAtB(now), alsoAtB(before))).toEqual([]);
});

test('a coin that has changed is told with what it was, where it lay and what it is', () => {
  const paid = before.vaults.flatMap(({ states }) => states).find(({ amount }) => amount === 4_00) ?? fail();
  const changed = change(now, refOf(paid), (state) => [{ ...state, amount: 3_00 }]);
  expect(judge(changed, before).map(({ message }) => message)).toContain(
    'the 4.00 USD that was in the vault of 3.3-corda (party-c) before the suites (T3(0)) have become 3.00 USD issued by O=PartyA, L=London, C=GB, owned by O=PartyC, L=London, C=GB',
  );
});

describe('what was there before and is no longer so', () => {
  const found = (views: Views) => judge(views, before).filter(({ message }) => message.includes('before the suites'));

  test('a coin is gone, unless the notary was not read', () => {
    const gone = change(now, refOf(CHANGE), () => []);
    const notSpent = { ...gone, notaryLog: [{ node: 'notary', commits: [] }] };
    const message =
      'the 6.00 USD that was in the vault of 4.8 (party-a) before the suites (T2(1)) are gone, but the notary never saw them spent';
    expect(found(notSpent)).toContainEqual({ kind: 'vault-differs', message });
    expect(found({ ...gone, notaryLog: [] }).map(({ kind }) => kind)).not.toContain('vault-differs');
  });

  test('a node has forgotten transactions: enough of them to find them', () => {
    const forget = (...forgotten: readonly string[]): Views => ({
      ...now,
      transactions: now.transactions.map((view) => ({
        ...view,
        transactions: view.transactions.filter((one) => view.node !== 'party-b' || !forgotten.includes(one)),
      })),
    });
    const known = '4.10 (party-b) has forgotten 2 of the transactions that it knew before the suites (T2, T3)';
    expect(found(forget('T2', 'T3'))).toEqual([{ kind: 'transaction-missing', message: known }]);
    const without = now.transactions.filter(({ node }) => node !== 'party-b');
    expect(found({ ...now, transactions: without })).toEqual([{ kind: 'transaction-missing', message: known }]);
  });

  test('a notary has forgotten what it committed: it alone is told, with the first three', () => {
    const refs = ['A', 'B', 'C', 'D'].map((transaction) => ({ transaction, index: 0, consumedBy: 'X' }));
    const had = { ...before, notaryLog: [...before.notaryLog, { node: 'notary-2', commits: refs }] };
    const tells = (commits: typeof refs) => {
      const notaryLog = [...now.notaryLog, { node: 'notary-2', commits }];
      return judge({ ...now, notaryLog }, had).map(({ kind, message }) => [kind, message]);
    };
    const forgotten = (what: string) =>
      `notary-2 no longer names the spending transactions of ${what.split(', ').length} of the states that were spent before the suites`;
    expect(tells(refs)).toEqual([]);
    expect(tells(refs.slice(3))).toEqual([['notary-differs', `${forgotten('A, B, C')} (A(0), B(0), C(0))`]]);
    expect(tells([])).toEqual([['notary-differs', `${forgotten('A, B, C, D')} (A(0), B(0), C(0), …)`]]);
  });
});

test('a vault and its database are compared for what came since', () => {
  expect(
    judge(
      changeRows(now, 'T4(0)', () => []),
      before,
    ).map(({ kind }) => kind),
  ).toContain('rpc-differs');
});

test('checkpoints that a notary had kept before are not counted as flows that were left', () => {
  const keeping = (views: Views, checkpoints: number): Views => ({
    ...views,
    parties: views.parties.map((node) => ({ ...node, keepsRefusals: node.notary })),
    flows: views.flows.map((view) => (view.node === 'notary' ? { ...view, checkpoints } : view)),
  });
  expect(judge(keeping({ ...now, refusals: { notary: 1 } }, 3), keeping(before, 2))).toEqual([]);
  expect(judge(keeping(now, 3), keeping(before, 2)).map(({ kind }) => kind)).toEqual(['flow-left']);
});

test('what is no baseline is said to be none', () => {
  expect(() => parseBaseline('{')).toThrow(/the baseline cannot be trusted: it is not JSON/);
  expect(() => parseBaseline('{"vaults": [{"node": 1}]}')).toThrow(/the baseline cannot be trusted: [^]*transactions/);
});
