import { expect, test } from 'vitest';
import type { Operation, OperationEnd } from '../trade/operation.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import { holdingsOf, rangeOf } from './judge.ts';

function done(kind: Operation['kind'], money: number, end: OperationEnd['result'] = 'ok'): JournaledOperation {
  const to = kind === 'pay' ? 'party-b' : 'party-a';
  return {
    operation: {
      id: `${kind}-${money}`,
      kind,
      from: 'party-a',
      to,
      fromRelease: '4.8',
      toRelease: '4.10',
      amount: money,
      currency: 'USD',
      by: 'test',
    },
    end: end === 'ok' ? { result: 'ok', transaction: 'T' } : { result: end, error: 'why' },
  };
}

test('operations that ended ok are exact', () => {
  const holdings = holdingsOf([done('issue', 100), done('pay', 30), done('exit', 5)]);
  expect(rangeOf(holdings, 'party-a', 'USD')).toEqual({ low: 65, high: 65 });
  expect(rangeOf(holdings, 'party-b', 'USD')).toEqual({ low: 30, high: 30 });
});

test.each(['failed', 'unknown'] as const)('a payment that ended %s may have happened or not', (end) => {
  const holdings = holdingsOf([done('issue', 100), done('pay', 30, end)]);
  expect(rangeOf(holdings, 'party-a', 'USD')).toEqual({ low: 70, high: 100 });
  expect(rangeOf(holdings, 'party-b', 'USD')).toEqual({ low: 0, high: 30 });
});

test('a party and a currency that nothing touched hold nothing', () => {
  const holdings = holdingsOf([done('issue', 100)]);
  expect(rangeOf(holdings, 'party-a', 'EUR')).toEqual({ low: 0, high: 0 });
  expect(rangeOf(holdings, 'party-z', 'USD')).toEqual({ low: 0, high: 0 });
});
