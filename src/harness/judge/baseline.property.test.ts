import { test as property, fc } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { type Baseline, baselineText, parseBaseline } from '../trade/baseline-file.ts';
import { type Command, HonestWorld } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { A, B, change, issue, loseAt, pay, pick } from '../testing/planted-faults.ts';
import { refOf, type Views } from '../trade/views.ts';

interface Attached {
  readonly baseline: Baseline;
  readonly views: Views;
}

/** A network in which others had traded before, as a journal of the later operations alone sees it. */
function attached(before: readonly Command[], after: readonly Command[]): Attached {
  const world = new HonestWorld().run(before);
  const earlier = structuredClone(world.views());
  const views = structuredClone(world.run(after).views());
  return { baseline: earlier, views: { ...views, journal: views.journal.slice(earlier.journal.length) } };
}

function messages({ baseline, views }: Attached): readonly string[] {
  return judge(views, baseline).map(({ message }) => message);
}

const command = fc.record<Command>({
  kind: fc.constantFrom('issue', 'issue', 'pay', 'pay', 'pay', 'exit', 'change-notary', 'notarise'),
  notary: fc.nat(1),
  from: fc.nat(2),
  to: fc.nat(2),
  amount: fc.integer({ min: 1, max: 50_00 }),
  currency: fc.constantFrom('USD', 'USD', 'EUR'),
  end: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'failed', 'failed-but-done', 'unknown', 'unknown-but-done'),
});
const history = fc.array(command, { maxLength: 30 });
/** All have their answer, so that sums are exact; what was before may have ended in any way. */
const answered = history.map((list) => list.map((each): Command => ({ ...each, end: 'ok' })));
/** None may be the cause of money that moves. */
const issues = answered.map((list) => list.filter(({ kind }) => kind === 'issue'));
/** Something lies in a vault and stays there, since no operation spends it later. */
const funded = history.map((list) => [...list, { ...issue(B, 1_00), currency: 'CHF' }]);

describe('any history on top of any other', () => {
  property.prop([history, history])('an honest one has no finding', (before, after) => {
    expect(messages(attached(before, after))).toEqual([]);
  });

  property.prop([history, history])('what was wrong before is not found again', (before, after) => {
    const world = attached([...before, issue(A, 1_00), { ...pay(A, B, 1_00) }], after);
    const { baseline, views } = world;
    const coin = pick({ ...views, vaults: baseline.vaults }, 0);
    const missing = <T extends Pick<Views, 'vaults'>>(seen: T): T => ({
      ...seen,
      vaults: seen.vaults.map((vault) => ({
        ...vault,
        states: vault.states.filter((state) => refOf(state) !== refOf(coin)),
      })),
    });
    // One that is spent later was there: then it is no fault of before.
    const spent = views.notaryLog.some(({ commits }) => commits.some((commit) => refOf(commit) === refOf(coin)));
    if (!spent) expect(messages({ baseline: missing(baseline), views: missing(views) })).toEqual([]);
  });

  property.prop([funded, history, fc.nat()])('a coin of before that vanished is found', (before, after, which) => {
    const { baseline, views } = attached(before, after);
    const kept = { ...views, vaults: inBoth(views, baseline) };
    const gone = change(views, refOf(pick(kept, which)), () => []);
    expect(messages({ baseline, views: gone }).join('\n')).toMatch(
      /before the suites .*are gone, but the notary never saw them spent/,
    );
  });

  property.prop([funded, answered, fc.nat(), fc.integer({ min: 1, max: 50_00 })])(
    'a coin of before that changed is found',
    (before, after, which, by) => {
      const { baseline, views } = attached(before, after);
      const kept = { ...views, vaults: inBoth(views, baseline) };
      const more = change(views, refOf(pick(kept, which)), (state) => [{ ...state, amount: state.amount + by }]);
      const found = judge(more, baseline);
      expect(found.map(({ message }) => message).join('\n')).toMatch(/before the suites .*have become/);
      expect(found.map(({ kind }) => kind)).toContain('conservation');
    },
  );

  property.prop([history, issues])('money of before that moves without an operation is found', (before, after) => {
    const { baseline, views } = attached([...before, issue(B, 1_00)], [...after, pay(B, A, 1_00)]);
    const kinds = judge({ ...views, journal: views.journal.slice(0, -1) }, baseline).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['unexplained-transaction', 'vault-differs']));
  });

  property.prop([history, history, fc.integer({ min: 1, max: 50_00 })])(
    'a lost payment of money of before is found',
    (before, after, amount) => {
      const { baseline, views } = attached(
        [...before, issue(A, amount)],
        [...after, issue(A, amount), pay(A, B, amount)],
      );
      const known = views.transactions.flatMap(({ transactions }) => transactions.map((name) => Number(name.slice(1))));
      const lost = loseAt(views, 'party-b', `T${Math.max(...known)}`);
      expect(judge(lost, baseline).map(({ kind }) => kind)).toContain('lost-payment');
    },
  );

  property.prop([history, history])('a node that forgot a transaction of before is found', (before, after) => {
    const { baseline, views } = attached([issue(A, 1_00), ...before], after);
    const transactions = views.transactions.map((view) => ({
      ...view,
      transactions: view.transactions.filter((transaction) => transaction !== 'T1'),
    }));
    expect(messages({ baseline, views: { ...views, transactions } })).toContain(
      '4.8 (party-a) has forgotten 1 of the transactions that it knew before the suites (T1)',
    );
  });

  property.prop([history, history, fc.nat()])(
    'a notary that forgot what it committed is found',
    (before, after, which) => {
      const { baseline, views } = attached([issue(A, 1_00), pay(A, B, 1_00), ...before], after);
      const old = baseline.notaryLog.flatMap(({ commits }) => commits);
      const forgotten = old[which % old.length];
      const notaryLog = views.notaryLog.map((log) => ({
        ...log,
        commits: log.commits.filter((commit) => !forgotten || refOf(commit) !== refOf(forgotten)),
      }));
      expect(messages({ baseline, views: { ...views, notaryLog } }).join('\n')).toMatch(
        /\(notary(-b)?\) no longer names the spending transactions of 1 of the states/,
      );
    },
  );

  property.prop([history])('a baseline that was stored is the same one', (before) => {
    const { vaults, transactions, notaryLog, flows } = new HonestWorld().run(before).views();
    expect(parseBaseline(baselineText({ vaults, transactions, notaryLog, flows }))).toEqual({
      vaults,
      transactions,
      notaryLog,
      flows,
    });
  });
});

/** Vaults with the coins alone that lay there before and still do. */
function inBoth(views: Views, { vaults }: Baseline): Views['vaults'] {
  const before = new Set(vaults.flatMap(({ states }) => states.map(refOf)));
  return views.vaults.map((vault) => ({ ...vault, states: vault.states.filter((state) => before.has(refOf(state))) }));
}
