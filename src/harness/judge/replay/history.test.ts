import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { courseOf, meaningful } from './history.ts';
import { historyOf } from '../../testing/history.ts';

function kept(lines: readonly string[], ...chosen: readonly string[]): readonly string[] {
  const history = historyOf(...lines);
  const all = meaningful(history, new Set(chosen));
  return history.entries.map(({ operation }) => operation.id).filter((id) => all.has(id));
}

describe('meaningful', () => {
  test('a payment keeps an issue of its payer that came before it, and no other', () => {
    const lines = ['i1 issue b 100', 'i2 issue a 100', 'i3 issue a 100', 'p1 pay a b 30', 'i4 issue a 100'];
    expect(kept(lines, 'p1')).toEqual(['i2', 'p1']);
  });

  test('as many issues as the amount needs', () => {
    expect(kept(['i1 issue a 10', 'i2 issue a 10', 'i3 issue a 10', 'p1 pay a b 20'], 'p1')).toEqual([
      'i1',
      'i2',
      'p1',
    ]);
  });

  test('a coin for each payment, since one that never ends locks its own', () => {
    const lines = ['i1 issue a 100', 'i2 issue a 100', 'p1 pay a b 1', 'p2 pay a b 1'];
    expect(kept(lines, 'p1', 'p2')).toEqual(['i1', 'i2', 'p1', 'p2']);
  });

  test('one coin where there was no other', () => {
    expect(kept(['i1 issue a 100', 'p1 pay a b 1', 'p2 pay a b 1'], 'p1', 'p2')).toEqual(['i1', 'p1', 'p2']);
  });

  test('money that was paid by another one, who needs some as well', () => {
    const lines = ['i1 issue a 100', 'p1 pay a b 50', 'i2 issue c 9', 'p2 pay b c 50'];
    expect(kept(lines, 'p2')).toEqual(['i1', 'p1', 'p2']);
  });

  test('an exit needs money as a payment does; an issue needs nothing', () => {
    expect(kept(['i1 issue a 100', 'e1 exit a 1'], 'e1')).toEqual(['i1', 'e1']);
    expect(kept(['i1 issue a 100', 'i2 issue a 1'], 'i2')).toEqual(['i2']);
  });

  test('money under another notary: what brought it there, and what that had taken', () => {
    const { entries, course } = historyOf(
      'i1 issue a 100',
      'i2 issue a 100',
      'n1 change-notary a 100',
      'p1 pay a b 1',
      'p2 pay a b 1',
    );
    const named = entries.map((entry) => {
      const isNamed = ['n1', 'p1'].includes(entry.operation.id);
      return isNamed ? { ...entry, operation: { ...entry.operation, notary: 'notary-2' } } : entry;
    });
    expect([...meaningful({ entries: named, course }, new Set(['p1']))].sort()).toEqual(['i1', 'n1', 'p1']);
    expect([...meaningful({ entries: named, course }, new Set(['p2']))].sort()).toEqual(['i1', 'p2']);
  });

  test('what never had money stays as it was', () => {
    expect(kept(['p1 pay a b 1 failed', 'i1 issue a 100'], 'p1')).toEqual(['p1']);
  });

  const line = fc.record({
    kind: fc.constantFrom('issue', 'pay', 'exit'),
    from: fc.constantFrom('a', 'b', 'c'),
    to: fc.constantFrom('a', 'b', 'c'),
    amount: fc.integer({ min: 1, max: 100 }),
  });
  property.prop([fc.array(line, { maxLength: 25 }), fc.func(fc.boolean())])(
    'keeps what was chosen, and nothing more when asked again',
    (lines, isChosen) => {
      const history = historyOf(
        ...lines.map(({ kind, from, to, amount }, index) =>
          [`o${index}`, kind, from, ...(kind === 'pay' ? [to] : []), amount].join(' '),
        ),
      );
      const chosen = new Set(history.entries.map(({ operation }) => operation.id).filter((id) => isChosen(id)));
      const once = meaningful(history, chosen);
      expect([...chosen].filter((id) => !once.has(id))).toEqual([]);
      expect(meaningful(history, once)).toEqual(once);
    },
  );
});

test('the course of a part keeps what was in flight together', () => {
  const { entries } = historyOf('p1 pay a b 1', 'p2 pay a b 1', 'p3 pay a b 1');
  const turns = ['begin p1', 'begin p2', 'begin p3', 'end p2', 'end p1'];
  const course = turns.map((turn) => {
    const [event, id = ''] = turn.split(' ');
    return { event: event === 'begin' ? 'begin' : 'end', id } as const;
  });
  expect(courseOf({ entries, course }, new Set(['p1', 'p3'])).map(({ event, id }) => `${event} ${id}`)).toEqual([
    'begin p1',
    'begin p3',
    'end p1',
  ]);
});
