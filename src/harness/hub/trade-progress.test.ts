import { expect, test } from 'vitest';
import { createTradeView } from './hub-cell.ts';

test('words say which test runs for how long, and how far its operations are', () => {
  let now = 0;
  const view = createTradeView(() => now);
  expect(view.words()).toBe('');
  view.suite('suites/random.test.ts > trades');
  now = 98_000;
  expect(view.words()).toBe('suites/random.test.ts > trades for 98 s');
  view.traded({ done: 530, total: 2000, failed: 2, inFlight: 4, tookMs: 100_000 });
  expect(view.words()).toBe(
    'suites/random.test.ts > trades for 98 s; 530 of 2,000 operations, 5.3 a second, 2 failed, 4 in flight',
  );
  view.suite('suites/notary.test.ts > refuses');
  view.traded({ done: 0, failed: 0, inFlight: 1, tookMs: 0 });
  expect(view.words()).toBe('suites/notary.test.ts > refuses for 0 s; 0 operations, 0 failed, 1 in flight');
});
