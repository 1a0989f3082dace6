import type { Records } from './records.ts';
import { isAnonymous, refOf, type Finding } from '../trade/views.ts';
import type { Branch, Worlds } from './worlds.ts';
import type { Operation } from '../trade/operation.ts';

/**
 * In one of the possible worlds all of this must hold at once: all vaults together hold the money that each issuer has
 * issued and not exited, and each vault holds the money that the operations say. Otherwise findings name the nearest world.
 */
export function judgeSums(records: Records, { certain, branches }: Worlds): readonly Finding[] {
  const seen = seenSums(records);
  const nearest = branches.map((branch) => nearestWorld(branch, { seen, certain }));
  const expected = total([certain, ...nearest]);
  const branchOf = new Map(branches.flatMap((branch) => [...branch.accounts].map((key) => [key, branch] as const)));
  const differing = [...new Set([...expected.keys(), ...seen.keys()])]
    .map((key) => ({ key, account: accountOf(key), amount: seen.get(key) ?? 0, due: expected.get(key) ?? 0 }))
    .filter(({ amount, due }) => amount !== due);
  return differing
    .sort((one, other) => rank(one.account) - rank(other.account))
    .map(({ key, account, amount, due }) => {
      const possible = possibleWords(branchOf.get(key), key, { currency: account.currency, certain });
      return describe(records, account, { amount, due, words: possible ?? formatMoney(due, account.currency) });
    });
}

/** A vault holds coins of its own party only. The vault with an anonymous coin decides whose key that is. */
export function judgeOwners(records: Records): readonly Finding[] {
  return records.held.flatMap(({ holder, state }) => {
    const owner = records.idOf(state.owner);
    if (owner === holder || isAnonymous(state)) return [];
    const message = `the vault of ${records.name(holder)} holds ${formatMoney(state.amount, state.currency)} that belongs to ${records.name(owner)} (${refOf(state)})`;
    return [{ kind: 'foreign-coin', message }];
  });
}

function seenSums(records: Records): Sums {
  const table = new SumTable();
  for (const { holder, state } of records.held) {
    table.add({ on: 'supply', node: records.idOf(state.issuer), currency: state.currency }, state.amount);
    table.add({ on: 'holdings', node: holder, currency: state.currency }, state.amount);
  }
  return table.sums;
}

/** Changes of a branch in the world that differs least from the vaults. */
function nearestWorld(branch: Branch, { seen, certain }: { seen: Sums; certain: Sums }): Sums {
  const open = new Map([...branch.accounts].map((key) => [key, (seen.get(key) ?? 0) - (certain.get(key) ?? 0)]));
  if (!branch.worlds) {
    return new Map([...open].map(([key, amount]) => [key, within(amount, branch.low.get(key), branch.high.get(key))]));
  }
  const distance = (world: Sums): number =>
    [...open].reduce((sum, [key, amount]) => sum + Math.abs(amount - (world.get(key) ?? 0)), 0);
  return branch.worlds.reduce((best, world) => (distance(world) < distance(best) ? world : best));
}

function within(amount: number, low = 0, high = 0): number {
  return Math.max(low, Math.min(high, amount));
}

/** `5.00 USD or 7.00 USD`, `1.00 USD to 5.00 USD`; undefined if it is one amount in all worlds. */
function possibleWords(
  branch: Branch | undefined,
  key: string,
  { currency, certain }: { currency: string; certain: Sums },
): string | undefined {
  if (!branch) return undefined;
  const ends = [branch.low, branch.high].map((sums) => sums.get(key) ?? 0);
  const amounts = [...new Set(branch.worlds?.map((world) => world.get(key) ?? 0) ?? ends)].sort((a, b) => a - b);
  const words = amounts.map((amount) => formatMoney((certain.get(key) ?? 0) + amount, currency));
  const isRange = words.length > 3 || (!branch.worlds && words.length > 1);
  return isRange ? `${words[0] ?? ''} to ${words.at(-1) ?? ''}` : words.join(' or ');
}

function rank({ on }: Account): number {
  return on === 'supply' ? 0 : 1;
}

function describe(
  records: Records,
  { on, node, currency }: Account,
  { amount, due, words }: { amount: number; due: number; words: string },
): Finding {
  const off = formatMoney(Math.abs(amount - due), currency);
  const held = formatMoney(amount, currency);
  if (on === 'supply') {
    const message = `${off} issued by ${records.name(node)} ${amount < due ? 'is missing' : 'is too much'}: all vaults together hold ${held}, issued minus exited is ${words}`;
    return { kind: 'conservation', message };
  }
  const message = `the vault of ${records.name(node)} holds ${off} ${amount < due ? 'less' : 'more'} than its operations say: ${held} instead of ${words}`;
  return { kind: 'vault-differs', message };
}

/** An amount that the oracle judges: holdings of a vault, or circulation of an issuer's money. */
export interface Account {
  readonly on: 'supply' | 'holdings';
  /** The issuer, or the owner of the vault. */
  readonly node: string;
  readonly currency: string;
}

/** Amounts by `accountKey`, in the currency's smallest unit. */
export type Sums = ReadonlyMap<string, number>;

export interface Effect extends Account {
  readonly amount: number;
}

/** The changes that an operation makes, if it happens. */
export function effectsOf({ kind, from, to, amount, currency }: Operation): readonly Effect[] {
  switch (kind) {
    case 'issue':
      return [
        { on: 'supply', node: from, currency, amount },
        { on: 'holdings', node: to, currency, amount },
      ];
    case 'pay':
      return [
        { on: 'holdings', node: from, currency, amount: -amount },
        { on: 'holdings', node: to, currency, amount },
      ];
    case 'exit':
      return [
        { on: 'supply', node: from, currency, amount: -amount },
        { on: 'holdings', node: from, currency, amount: -amount },
      ];
    // The same money, of the same owner.
    case 'change-notary':
      return [];
  }
}

export function accountKey({ on, node, currency }: Account): string {
  return JSON.stringify([on, node, currency]);
}

function accountOf(key: string): Account {
  const [on, node, currency] = JSON.parse(key) as [Account['on'], string, string];
  return { on, node, currency };
}

/** Sums while they grow. */
export class SumTable {
  readonly sums = new Map<string, number>();
  /** Keys are made once for each account: there are few accounts and many amounts. */
  readonly #keys = new Map<string, Map<string, string>>();

  add(account: Account, amount: number): void {
    const key = this.#keyOf(account);
    this.sums.set(key, (this.sums.get(key) ?? 0) + amount);
  }

  #keyOf(account: Account): string {
    const { on, node, currency } = account;
    const ofNode = this.#keys.get(`${on}${node}`) ?? new Map<string, string>();
    this.#keys.set(`${on}${node}`, ofNode);
    const key = ofNode.get(currency) ?? accountKey(account);
    ofNode.set(currency, key);
    return key;
  }
}

/** Adds sums. Amounts that cancel out are left out. */
export function total(all: Iterable<Sums>): Sums {
  const sums = new Map<string, number>();
  for (const one of all) for (const [key, amount] of one) sums.set(key, (sums.get(key) ?? 0) + amount);
  return new Map([...sums].filter(([, amount]) => amount !== 0));
}

/** The changes that an operation makes, multiplied. */
export function timesEffect(operation: Operation, times: number): Sums {
  return total(effectsOf(operation).map((effect) => new Map([[accountKey(effect), effect.amount * times]])));
}

/** An amount in words: `formatMoney(1_05, 'USD')` is `1.05 USD`. The currency decides the number of decimals. */
export function formatMoney(amount: number, currency: string): string {
  const decimals = decimalsOf(currency);
  return `${(amount / 10 ** decimals).toFixed(decimals)} ${currency}`;
}

/** Made once for each currency: to make a format is slow. */
const DECIMALS = new Map<string, number>();

function decimalsOf(currency: string): number {
  const known = DECIMALS.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  DECIMALS.set(currency, decimals);
  return decimals;
}
