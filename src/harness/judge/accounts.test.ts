import { expect, test } from 'vitest';
import { total } from './holdings.ts';

test('a total has what remains of each account; what cancels out is left out', () => {
  const sums = [
    new Map([
      ['a', 5],
      ['b', 1],
    ]),
    new Map([
      ['a', -5],
      ['b', 2],
    ]),
  ];
  expect([...total(sums)]).toEqual([['b', 3]]);
});
