/** An amount in words: `formatMoney(1_05, 'USD')` is `1.05 USD`; the currency says how many decimals. */
export function formatMoney(amount: number, currency: string): string {
  const decimals = decimalsOf(currency);
  return `${(amount / 10 ** decimals).toFixed(decimals)} ${currency}`;
}

/** Asked for once: a format takes longer to make than all else that is said about an amount. */
const DECIMALS = new Map<string, number>();

function decimalsOf(currency: string): number {
  const known = DECIMALS.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  DECIMALS.set(currency, decimals);
  return decimals;
}
