import type { Operation } from '../domain/operation.ts';

/** Something whose amount is judged: what a vault holds, or what is in circulation of an issuer's money. */
export interface Account {
  readonly on: 'supply' | 'holdings';
  /** The issuer, or whose vault it is. */
  readonly node: string;
  readonly currency: string;
}

/** Amounts by `accountKey`, in the currency's smallest unit. */
export type Sums = ReadonlyMap<string, number>;

export interface Effect extends Account {
  readonly amount: number;
}

/** What an operation changes, if it happens. */
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

export function accountOf(key: string): Account {
  const [on, node, currency] = JSON.parse(key) as [Account['on'], string, string];
  return { on, node, currency };
}

/** Sums on the way. */
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

/** Several sums as one; what cancels out is left out. */
export function total(all: Iterable<Sums>): Sums {
  const sums = new Map<string, number>();
  for (const one of all) for (const [key, amount] of one) sums.set(key, (sums.get(key) ?? 0) + amount);
  return new Map([...sums].filter(([, amount]) => amount !== 0));
}

/** What an operation changes, several times over. */
export function timesEffect(operation: Operation, times: number): Sums {
  return total(effectsOf(operation).map((effect) => new Map([[accountKey(effect), effect.amount * times]])));
}
