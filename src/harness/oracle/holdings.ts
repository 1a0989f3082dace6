import { formatMoney } from './money.ts';
import { rangeOf } from './model.ts';
import type { Amounts, Expectation, Range } from './model.ts';
import type { Finding, HeldState, Records } from './records.ts';
import { refOf } from './records.ts';

/** Per issuer and currency: what lies in all vaults together is what was issued and not exited. */
export function judgeConservation(records: Records, { supply }: Expectation): readonly Finding[] {
  const held = sum(records.held, ({ state }) => records.idOf(state.issuer));
  return cellsOf(supply, held).flatMap(({ node, currency, total }) => {
    const off = difference(total, rangeOf(supply, node, currency));
    if (off === 0) return [];
    const money = (amount: number): string => formatMoney(amount, currency);
    const message =
      `${money(Math.abs(off))} issued by ${records.name(node)} ${off < 0 ? 'is missing' : 'is too much'}: ` +
      `all vaults together hold ${money(total)}, issued minus exited is ${words(rangeOf(supply, node, currency), currency)}`;
    return [{ kind: 'conservation', message }];
  });
}

/** Per vault and currency: what it holds is what the operations say. */
export function judgeVaults(records: Records, { holdings }: Expectation): readonly Finding[] {
  const held = sum(records.held, ({ holder }) => holder);
  return cellsOf(holdings, held).flatMap(({ node, currency, total }) => {
    const off = difference(total, rangeOf(holdings, node, currency));
    if (off === 0) return [];
    const message =
      `the vault of ${records.name(node)} holds ${formatMoney(Math.abs(off), currency)} ${off < 0 ? 'less' : 'more'} than its operations say: ` +
      `${formatMoney(total, currency)} instead of ${words(rangeOf(holdings, node, currency), currency)}`;
    return [{ kind: 'vault-differs', message }];
  });
}

/** A vault holds its own party's coins only, and no coin lies in two vaults. */
export function judgeOwners(records: Records): readonly Finding[] {
  return records.held.flatMap(({ holder, state }) => {
    const owner = records.idOf(state.owner);
    if (owner === holder) return [];
    const message = `the vault of ${records.name(holder)} holds ${formatMoney(state.amount, state.currency)} that belongs to ${records.name(owner)} (${refOf(state)})`;
    return [{ kind: 'foreign-coin', message }];
  });
}

/** How far outside its range an amount lies; negative when it is too little. */
function difference(amount: number, { low, high }: Range): number {
  if (amount < low) return amount - low;
  return amount > high ? amount - high : 0;
}

/** A range in words: `5.00 USD`, or `3.00 USD to 5.00 USD` where operations have no known end. */
function words({ low, high }: Range, currency: string): string {
  if (low === high) return formatMoney(low, currency);
  return `${formatMoney(low, currency)} to ${formatMoney(high, currency)}`;
}

function sum(held: readonly HeldState[], nodeOf: (state: HeldState) => string): Amounts<number> {
  const sums = new Map<string, Map<string, number>>();
  for (const entry of held) {
    const { amount, currency } = entry.state;
    const ofNode = sums.get(nodeOf(entry)) ?? new Map<string, number>();
    sums.set(nodeOf(entry), ofNode.set(currency, (ofNode.get(currency) ?? 0) + amount));
  }
  return sums;
}

interface Total {
  readonly node: string;
  readonly currency: string;
  readonly total: number;
}

/** Every node and currency that is expected or seen, with what was seen. */
function cellsOf(expected: Amounts<Range>, seen: Amounts<number>): readonly Total[] {
  const nodes = new Set([...expected.keys(), ...seen.keys()]);
  return [...nodes].flatMap((node) => {
    const currencies = new Set([...(expected.get(node)?.keys() ?? []), ...(seen.get(node)?.keys() ?? [])]);
    return [...currencies].map((currency) => ({ node, currency, total: seen.get(node)?.get(currency) ?? 0 }));
  });
}
