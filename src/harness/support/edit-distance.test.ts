import { expect, test } from 'vitest';
import { editDistance } from './nearest.ts';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['4.8', '4.9', 1],
  ['4.1', '4.10', 1],
  ['kitten', 'sitting', 3],
])('from %j to %j it is %i letters', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test('neighbours that changed places are one letter', () => {
  expect(editDistance('adjacnet', 'adjacent')).toBe(1);
});
