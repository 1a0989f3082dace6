import { describe, expect, test } from 'vitest';
import { accountKey, type Account } from './holdings.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import type { Operation } from '../trade/operation.ts';
import type { Trace } from './traces.ts';
import { type OperationClass, worldsOf, type Branch } from './worlds.ts';

function operation(from: string, to: string, amount: number, kind: Operation['kind'] = 'pay'): Operation {
  const id = `${kind} ${from} ${to} ${amount}`;
  return { id, kind, from, to, fromRelease: '4.8', toRelease: '4.10', amount, currency: 'USD', by: 'test' };
}

/** So many that nobody can tell apart. */
function classOf(sample: Operation, count = 1): OperationClass {
  return { sample, operations: Array.from({ length: count }, () => sample) };
}

function trace(transaction: string, possible: readonly OperationClass[]): Trace {
  return { transaction, possible, isExact: true };
}

const key = (node: string, on: Account['on'] = 'holdings'): string => accountKey({ on, node, currency: 'USD' });
const ok: JournaledOperation = {
  operation: operation('a', 'a', 100, 'issue'),
  end: { result: 'ok', transaction: 'T0' },
};

/** The amounts of an account in all worlds of a branch. */
function amounts(branch: Branch | undefined, account: string): number[] {
  return (branch?.worlds ?? []).map((world) => world.get(account) ?? 0).sort((one, other) => one - other);
}

describe('worlds', () => {
  test('are one where everything ended ok', () => {
    expect(worldsOf({ journal: [ok], undecided: [], traces: [], leavesTraces: true })).toEqual({
      certain: new Map([
        [key('a', 'supply'), 100],
        [key('a'), 100],
      ]),
      branches: [],
      surplus: [],
    });
  });

  test('leave out what has no trace, and what failed for certain has no part in them', () => {
    const failed: JournaledOperation = { operation: operation('a', 'b', 5), end: { result: 'failed', error: 'why' } };
    const { certain, branches } = worldsOf({
      journal: [failed],
      undecided: [classOf(failed.operation)],
      traces: [],
      leavesTraces: true,
    });
    expect([...certain]).toEqual([]);
    expect(branches).toEqual([]);
  });

  test('are one where each trace can be one operation only', () => {
    const [five, six] = [classOf(operation('a', 'b', 5), 2), classOf(operation('a', 'c', 6))];
    const history = { journal: [ok], undecided: [five, six], leavesTraces: true };
    const { certain, branches } = worldsOf({ ...history, traces: [trace('T1', [five]), trace('T2', [six])] });
    expect(Object.fromEntries(certain)).toEqual({
      [key('a', 'supply')]: 100,
      [key('a')]: 89,
      [key('b')]: 5,
      [key('c')]: 6,
    });
    expect(branches).toEqual([]);
  });

  test('are as many as there are ways to say which trace is which operation', () => {
    const possible = [
      classOf(operation('a', 'b', 5)),
      classOf(operation('a', 'c', 6)),
      classOf(operation('a', 'd', 7)),
    ];
    const traces = [trace('T1', possible), trace('T2', possible)];
    const { branches } = worldsOf({ journal: [], undecided: possible, traces, leavesTraces: true });
    expect(branches).toHaveLength(1);
    expect(amounts(branches[0], key('a'))).toEqual([-13, -12, -11]);
    expect(amounts(branches[0], key('b'))).toEqual([0, 5, 5]);
    expect(branches[0]?.low.get(key('a'))).toBe(-13);
    expect(branches[0]?.high.get(key('a'))).toBe(-11);
  });

  test('that come to the same are one', () => {
    const possible = [classOf(operation('a', 'b', 5)), classOf({ ...operation('a', 'b', 5), id: 'another' })];
    const traces = [trace('T1', possible)];
    const { certain, branches } = worldsOf({ journal: [], undecided: possible, traces, leavesTraces: true });
    expect(branches).toEqual([]);
    expect(certain.get(key('b'))).toBe(5);
  });

  test('decide together what hangs together: an operation is of one trace only', () => {
    const [five, six] = [classOf(operation('a', 'b', 5)), classOf(operation('a', 'b', 6))];
    const traces = [trace('T1', [five, six]), trace('T2', [five])];
    const { certain, branches } = worldsOf({ journal: [], undecided: [five, six], traces, leavesTraces: true });
    expect(branches).toEqual([]);
    expect(certain.get(key('b'))).toBe(11);
  });

  test('tell traces that no operation is left for', () => {
    const only = classOf(operation('a', 'b', 5));
    const traces = [trace('T1', [only]), trace('T2', [only])];
    const { certain, surplus } = worldsOf({ journal: [], undecided: [only], traces, leavesTraces: true });
    expect(surplus.map(({ transaction }) => transaction)).toEqual(['T2']);
    expect(certain.get(key('b'))).toBe(5);
  });

  test('combine what is open in the same accounts, and keep apart what is not', () => {
    const near = [classOf(operation('a', 'b', 1)), classOf(operation('a', 'b', 2))];
    const alsoNear = [classOf(operation('a', 'b', 10)), classOf(operation('a', 'b', 20))];
    const far = [classOf(operation('c', 'd', 1)), classOf(operation('c', 'd', 2))];
    const traces = [trace('T1', near), trace('T2', alsoNear), trace('T3', far)];
    const undecided = [...near, ...alsoNear, ...far];
    const { branches } = worldsOf({ journal: [], undecided, traces, leavesTraces: true });
    expect(branches.map((branch) => amounts(branch, key('b')))).toEqual([
      [11, 12, 21, 22],
      [0, 0],
    ]);
    expect(amounts(branches[1], key('d'))).toEqual([1, 2]);
    expect(branches[0]?.low.get(key('b'))).toBe(11);
    expect(branches[0]?.high.get(key('b'))).toBe(22);
  });

  test('combine what is open in one of several accounts', () => {
    const [ofA, ofC] = ['a', 'c'].map((from) => [1, 2].map((amount) => classOf(operation(from, 'b', amount)))) as [
      OperationClass[],
      OperationClass[],
    ];
    const traces = [trace('T1', ofA), trace('T2', ofC)];
    const { branches } = worldsOf({ journal: [], undecided: [...ofA, ...ofC], traces, leavesTraces: true });
    expect(branches.map((branch) => amounts(branch, key('b')))).toEqual([[2, 3, 3, 4]]);
  });
});

describe('where operations need not leave traces', () => {
  test('each may have happened, so often as it was asked for', () => {
    const paid = classOf(operation('a', 'b', 5), 2);
    const { branches } = worldsOf({ journal: [], undecided: [paid], traces: [], leavesTraces: false });
    expect(amounts(branches[0], key('b'))).toEqual([0, 5, 10]);
  });

  test('what has a trace all the same has happened', () => {
    const paid = classOf(operation('a', 'b', 5), 2);
    const { branches } = worldsOf({
      journal: [],
      undecided: [paid],
      traces: [trace('T1', [paid])],
      leavesTraces: false,
    });
    expect(amounts(branches[0], key('b'))).toEqual([5, 10]);
  });
});

describe('too many worlds', () => {
  const many = (count: number, each = 1): OperationClass[] =>
    Array.from({ length: count }, (_, index) => classOf(operation('a', 'b', 2 ** (index % 40) + index), each));

  test('of one trace and more operations than are looked at make a range', () => {
    const possible = many(300, 2);
    const { branches } = worldsOf({
      journal: [],
      undecided: possible,
      traces: [trace('T', possible)],
      leavesTraces: true,
    });
    const sum = possible.reduce((total, { sample }) => total + 2 * sample.amount, 0);
    expect(branches).toEqual([
      {
        accounts: new Set([key('a'), key('b')]),
        worlds: undefined,
        low: new Map([
          [key('a'), -sum],
          [key('b'), 0],
        ]),
        high: new Map([
          [key('a'), 0],
          [key('b'), sum],
        ]),
      },
    ]);
  });

  test('of several traces make a range', () => {
    const possible = many(30);
    const traces = Array.from({ length: 15 }, (_, index) => trace(`T${index}`, possible));
    const { branches } = worldsOf({ journal: [], undecided: possible, traces, leavesTraces: true });
    expect(branches[0]?.worlds).toBeUndefined();
    expect(branches[0]?.low.get(key('b'))).toBe(0);
  });

  test('of several branches make a range, which is no wider than they are', () => {
    const couples = Array.from({ length: 20 }, (_, index) =>
      [2 ** index, 3 * 2 ** index].map((amount) => classOf(operation('a', 'b', amount))),
    );
    const traces = couples.map((possible, index) => trace(`T${index}`, possible));
    const { branches } = worldsOf({ journal: [], undecided: couples.flat(), traces, leavesTraces: true });
    expect(branches).toHaveLength(1);
    expect(branches[0]?.worlds).toBeUndefined();
    expect(branches[0]?.low.get(key('b'))).toBe(2 ** 20 - 1);
    expect(branches[0]?.high.get(key('b'))).toBe(3 * (2 ** 20 - 1));
  });

  test('are few where most of them come to the same', () => {
    const same = classOf(operation('a', 'b', 5), 1_000);
    const traces = Array.from({ length: 500 }, (_, index) => trace(`T${index}`, [same]));
    const { certain } = worldsOf({ journal: [], undecided: [same], traces, leavesTraces: true });
    expect(certain.get(key('b'))).toBe(2_500);
  });
});
