import { describe, expect, test } from 'vitest';
import type { Finding } from '../../trade/views.ts';
import { canShow, classesOf } from './failure-class.ts';
import { historyOf, PARTIES } from '../../testing/history.ts';

function classes(lines: readonly string[], ...findings: readonly Finding[]) {
  return classesOf({ ...historyOf(...lines), findings, parties: PARTIES });
}

describe('failures are the same', () => {
  test('where the same release pays the same one, whether it fails or gets no answer', () => {
    const [first, ...others] = classes(['p1 pay a b 1 failed', 'p2 pay a b 2 unknown', 'p3 pay a b 3']);
    expect(first).toMatchObject({ words: '4.8 pays 3.3-corda without an ok', suspects: ['p1', 'p2'] });
    expect(others).toEqual([]);
  });

  test('not where it is the other direction, another kind, or want of money', () => {
    const keys = classes([
      'p1 pay a b 1 failed',
      'p2 pay b a 1 failed',
      'e1 exit a 1 failed',
      'i1 issue a 1 unknown',
      'p3 pay a b 1 failed the flow failed: InsufficientBalanceException: Insufficient balance',
    ]).map(({ key }) => key);
    expect(new Set(keys).size).toBe(5);
  });

  test('where the judge finds the same of the same releases', () => {
    const lost = (message: string): Finding => ({ kind: 'lost-payment', message });
    const found = classes(
      ['i1 issue a 9', 'p1 pay a b 1', 'p2 pay a b 2', 'p3 pay c b 3'],
      { kind: 'conservation', message: '0.03 USD issued by 4.8 (a) is missing' },
      lost('lost payment: 0.02 USD from 4.8 (a) to 3.3-corda (b) [p2] is reported as done'),
      lost('lost payment: 0.01 USD from 4.8 (a) to 3.3-corda (b) [p1] is reported as done'),
      lost('lost payment: 0.03 USD from 4.10 (c) to 3.3-corda (b) [p3] is reported as done'),
    );
    expect(found.map(({ words, suspects }) => [words, suspects])).toEqual([
      ['lost-payment of 3.3-corda and 4.8', ['p2', 'p1']],
      ['lost-payment of 3.3-corda and 4.10', ['p3']],
      ['conservation of 4.8', []],
    ]);
  });
});

test('operations come first, and what is found is about them where it names none', () => {
  const found = classes(['p1 pay a b 1 failed'], { kind: 'conservation', message: 'something is missing' });
  expect(found.map(({ words, suspects }) => [words, suspects])).toEqual([
    ['4.8 pays 3.3-corda without an ok', ['p1']],
    ['conservation', ['p1']],
  ]);
});

test('a flow that is left is no failure of an operation: its operation is unknown', () => {
  expect(classes(['p1 pay a b 1'], { kind: 'flow-left', message: '4.8 (a) is not quiet' })).toEqual([]);
});

test('a history without such an operation cannot show that it fails; what is found may need any', () => {
  const { entries } = historyOf('i1 issue a 1', 'p1 pay b a 1');
  const operations = entries.map(({ operation }) => operation);
  const [pay, finding] = classes(['p1 pay a b 1 failed'], { kind: 'conservation', message: 'something is missing' });
  const [back] = classes(['p9 pay b a 1 unknown']);
  const [lost] = classes(['p1 pay a b 1'], { kind: 'lost-payment', message: 'lost payment [p1]' });
  const all = [pay, finding, back, lost];
  expect(all.map((failure) => failure && canShow(failure, operations))).toEqual([false, true, true, true]);
  expect(lost && canShow(lost, operations.slice(0, 1))).toBe(false);
});
