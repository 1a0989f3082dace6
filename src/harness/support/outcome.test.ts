import { expect, test } from 'vitest';
import { failsRun } from '../judge/outcome.ts';

test.each(['compatible', 'known', 'skipped'] as const)('a run with a cell that is %s succeeds', (outcome) => {
  expect(failsRun(outcome)).toBe(false);
});

test.each(['incompatible', 'fixed', 'flaky', 'blocked', 'not-built', 'interrupted'] as const)(
  'a run with a cell that is %s fails',
  (outcome) => {
    expect(failsRun(outcome)).toBe(true);
  },
);
