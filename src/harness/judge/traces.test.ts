import { describe, expect, test } from 'vitest';
import { HonestWorld, type Command } from '../testing/honest-world.ts';
import { A, B, C, change, issue, loseAt, pay, withoutRows } from '../testing/planted-faults.ts';
import { Records } from './records.ts';
import type { Views } from '../trade/views.ts';
import { tracesOf } from './traces.ts';

const done = (command: Command): Command => ({ ...command, end: 'failed-but-done' });
const undone = (command: Command): Command => ({ ...command, end: 'failed' });
const many = (make: (amount: number) => Command): readonly Command[] =>
  Array.from({ length: 1_200 }, (_, index) => undone(make(1_00 + index)));

function world(...commands: readonly Command[]): Views {
  return new HonestWorld().run(commands).views();
}

/** Ids of the operations that each trace may be of. */
function found(views: Views) {
  return tracesOf(new Records(views)).found.map(({ transaction, possible, isExact }) => ({
    transaction,
    operations: possible.flatMap(({ operations }) => operations.map(({ id }) => id)),
    isExact,
  }));
}

describe('a trace', () => {
  test('is there of what was done without an ok, and of nothing else', () => {
    expect(found(world(issue(A, 9_00), pay(A, B, 1_00), undone(pay(A, B, 2_00))))).toEqual([]);
    const expected = [{ transaction: 'T2', operations: ['pay-1'], isExact: true }];
    expect(found(world(issue(A, 9_00), done(pay(A, B, 1_00)), undone(pay(A, B, 2_00))))).toEqual(expected);
  });

  test.each([
    ['payments', [issue(A, 100_00), ...many((amount) => pay(A, B, amount)), done(pay(A, B, 50_00))], 'T2', 'pay-1201'],
    ['issues', [...many((amount) => issue(A, amount)), done(issue(A, 50_00))], 'T1', 'issue-1200'],
  ] as const)('is of the one with its amounts, however many %s were asked for', (_, commands, transaction, id) => {
    expect(found(world(...commands))).toEqual([{ transaction, operations: [id], isExact: true }]);
  });

  test('without databases is of none that its coins speak against', () => {
    const views = world(
      issue(A, 9_00),
      issue(B, 9_00),
      done(pay(A, B, 3_00)),
      undone(pay(A, C, 3_00)),
      undone(issue(A, 3_00)),
    );
    expect(found(withoutRows(views))).toEqual([{ transaction: 'T3', operations: ['pay-2'], isExact: true }]);
  });

  test('whose coins are gone may be of several; traces of the same ones share their list', () => {
    const paid = [done(pay(A, B, 3_00)), done(pay(A, B, 3_00)), undone(pay(A, B, 4_00))];
    const views = withoutRows(world(issue(A, 9_00), ...paid, pay(B, C, 6_00)));
    const [one, other] = tracesOf(new Records(views)).found;
    expect(one?.possible.flatMap(({ operations }) => operations.map(({ id }) => id))).toEqual([
      'pay-1',
      'pay-2',
      'pay-3',
    ]);
    expect(other?.possible).toBe(one?.possible);
  });

  test('with amounts of no operation concerns the operations that it fits otherwise', () => {
    const views = world(issue(A, 9_00), done(pay(A, B, 3_00)), undone(pay(A, C, 3_00)));
    const other = change(views, 'T2(0)', (coin) => [{ ...coin, amount: 4_00 }]);
    expect(found(other)).toEqual([{ transaction: 'T2', operations: ['pay-1'], isExact: false }]);
  });

  test('is found by the notary alone, from what is known to be cash on', () => {
    const views = withoutRows(world(issue(A, 9_00), done(pay(A, B, 9_00)), done(pay(B, C, 9_00))));
    const lost = loseAt(views, 'party-c', 'T3');
    expect(found(lost).map(({ transaction }) => transaction)).toEqual(['T2', 'T3']);
    expect(found({ ...lost, journal: lost.journal.slice(1) })).toEqual([]);
  });

  test('is found by the notary alone, back to where what lies in a vault came from', () => {
    const views = withoutRows(world(issue(A, 9_00), done(pay(A, B, 9_00)), done(pay(B, C, 9_00))));
    const transactions = found({ ...views, journal: views.journal.slice(1) }).map(({ transaction }) => transaction);
    expect(transactions).toEqual(['T3', 'T2', 'T1']);
  });
});
