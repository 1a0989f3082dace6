import { describe, expect, test } from 'vitest';
import { underAnother } from '../testing/fault-places.ts';
import { HonestWorld } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { A, B, change, changeNotary, issue, pay } from '../testing/planted-faults.ts';
import type { Views } from '../trade/views.ts';

function messages(views: Views): readonly string[] {
  return judge(views).map(({ message }) => message);
}

test('a coin is spent at its own notary', () => {
  const honest = new HonestWorld().run([issue(A, 100_00), pay(A, B, 30_00), pay(B, A, 10_00)]).views();
  const [log, other] = honest.notaryLog;
  if (!log || !other) throw new Error('there are not two notaries');
  const strayed = [
    { ...log, commits: log.commits.filter(({ transaction }) => transaction !== 'T1') },
    { ...other, commits: log.commits.filter(({ transaction }) => transaction === 'T1') },
  ];
  expect(messages({ ...honest, notaryLog: strayed })).toEqual([
    '100.00 USD in the vault of 4.8 (party-a) (T1(0)) was spent by T2 at 4.10 (notary-b), but its notary is 4.8 (notary)',
  ]);
});

describe('a notary change', () => {
  const moved = new HonestWorld().run([issue(A, 5_00), changeNotary(A, 1), pay(A, B, 2_00)]).views();

  test('is the same money of the same owner, spent at the new notary from then on', () => {
    expect(messages(moved)).toEqual([]);
    expect(moved.notaryLog.map(({ commits }) => commits.map(({ consumedBy }) => consumedBy))).toEqual([['T2'], ['T3']]);
  });

  test('that leaves the coin where it was is told', () => {
    const stayed = underAnother(new HonestWorld().run([issue(A, 5_00), changeNotary(A, 1)]).views(), 'T2(0)');
    expect(messages(stayed)).toEqual([
      'the notary change of 5.00 USD by 4.8 (party-a) [change-notary-1] should be under 4.10 (notary-b), but T2(0) is under 4.8 (notary)',
    ]);
  });

  test('that changes the amount is told', () => {
    const more = change(moved, 'T3(1)', (coin) => [{ ...coin, amount: coin.amount + 1 }]);
    expect(messages(more)).toContainEqual(expect.stringContaining('0.01 USD issued by 4.8 (party-a) is too much'));
  });

  test('without an ok is explained by its operation', () => {
    const unanswered = { ...changeNotary(A, 1), end: 'unknown-but-done' } as const;
    const world = new HonestWorld().run([issue(A, 5_00), unanswered, pay(A, B, 2_00)]).views();
    expect(messages(world)).toEqual([]);
    const journal = world.journal.filter(({ operation }) => operation.kind !== 'change-notary');
    expect(messages({ ...world, journal })).toEqual([
      expect.stringContaining('cash moved that no operation asked for: 5.00 USD in the vault of 4.8 (party-a)'),
    ]);
  });
});
