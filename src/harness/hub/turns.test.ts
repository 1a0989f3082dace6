import { expect, test } from 'vitest';
import { createTurns } from './lease-server.ts';

test('one at a time for each cell, in the order of asking', () => {
  const turns = createTurns();
  const log: string[] = [];
  const first = turns.enter('a', () => log.push('a1'));
  const second = turns.enter('a', () => log.push('a2'));
  const gaveUp = turns.enter('a', () => log.push('a3'));
  const last = turns.enter('a', () => log.push('a4'));
  turns.enter('b', () => log.push('b1'));
  expect(log).toEqual(['a1', 'b1']);
  gaveUp();
  first();
  first();
  expect(log).toEqual(['a1', 'b1', 'a2']);
  second();
  last();
  turns.enter('a', () => log.push('a5'));
  expect(log).toEqual(['a1', 'b1', 'a2', 'a4', 'a5']);
});
