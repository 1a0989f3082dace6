import { expect, test } from 'vitest';
import { jvmsAtOnce, startsAtOnce } from './node-start.ts';

test.for([
  [1, 4],
  [2, 4],
  [4, 8],
])('on %i processors %i nodes start at a time', ([processors, nodes]) => {
  expect(jvmsAtOnce(processors)).toBe(nodes);
});

test('a cluster is not held back by this machine', () => {
  expect(startsAtOnce({ provider: 'kubernetes' })).toBe(Infinity);
  expect(startsAtOnce({ provider: 'docker' })).toBe(jvmsAtOnce());
});
