import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test.each([
  ['mavn', ['maven', 'jar'], 'maven'],
  ['Fast', ['fast', 'stock'], 'fast'],
  ['parirs', ['pairs', 'provider'], 'pairs'],
  ['aj', ['ja'], 'ja'],
  ['4.9', ['4.8', '4.10'], '4.8'],
  ['git', ['maven', 'jar'], undefined],
  ['', ['maven'], undefined],
  ['x', [], undefined],
])('%j among %j is %j', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});
