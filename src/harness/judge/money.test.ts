import { expect, test } from 'vitest';
import { formatMoney } from './holdings.ts';

test.each([
  [1_05, 'USD', '1.05 USD'],
  [0, 'EUR', '0.00 EUR'],
  [7, 'JPY', '7 JPY'],
  [1_234, 'KWD', '1.234 KWD'],
])('%d of %s is %s', (amount, currency, words) => {
  expect(formatMoney(amount, currency)).toBe(words);
});
