import { expect, test } from 'vitest';
import { parseBaseline } from './baseline-file.ts';
import { HonestWorld } from './honest-world.ts';
import { judge } from './judge.ts';
import { A, B, C, change, issue, pay } from './planted-faults.ts';
import { refOf, type Views } from './records.ts';

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
    'the 4.00 USD that lay in the vault of 3.3-corda (party-c) before the suites (T3(0)) have become 3.00 USD issued by O=PartyA, L=London, C=GB, owned by O=PartyC, L=London, C=GB',
  );
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
