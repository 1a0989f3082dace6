import type { CashState } from '../domain/driver-views.ts';

/** A row in the making: whose it is, and what RPC tells of it while it is unspent. */
export interface Row {
  readonly state: CashState & { readonly notary: string };
  readonly holder: string;
  /** Whether the holder issued it itself. */
  readonly isOwn: boolean;
  consumedBy?: string;
}

/** What is to be taken out of the purses of one holder. */
export interface Wanted {
  readonly holder: string;
  readonly currency: string;
  readonly amount: number;
  /** Only what the holder issued itself. */
  readonly ownOnly: boolean;
}

/** Unspent coins of an imagined network, oldest first: apart by notary, since no transaction has inputs of two. */
export class Purses {
  readonly #purses = new Map<string, Row[]>();
  readonly #notaries: readonly string[];

  constructor(notaries: readonly string[]) {
    this.#notaries = notaries;
  }

  put(row: Row): void {
    const { holder, state, isOwn } = row;
    this.#purse({ holder, currency: state.currency, isOwn, notary: state.notary }).push(row);
  }

  /** Coins of one notary that cover the amount, the newest first, those of others before one's own. */
  take(wanted: Wanted): readonly Row[] | undefined {
    for (const notary of this.#notaries) {
      const rows = this.#takeOf(wanted, notary);
      if (rows) return rows;
    }
    return undefined;
  }

  /** The newest coin under another notary than this one. */
  takeOneNotOf(notary: string, { holder, currency }: Pick<Wanted, 'holder' | 'currency'>): Row | undefined {
    const others = this.#notaries.filter((other) => other !== notary);
    const purses = others.flatMap((other) =>
      [false, true].map((isOwn) => this.#purse({ holder, currency, isOwn, notary: other })),
    );
    return purses.find((purse) => purse.length > 0)?.pop();
  }

  #takeOf({ holder, currency, amount, ownOnly }: Wanted, notary: string): readonly Row[] | undefined {
    const purses = (ownOnly ? [true] : [false, true]).map((isOwn) => this.#purse({ holder, currency, isOwn, notary }));
    const rows: Row[] = [];
    let gathered = 0;
    for (const purse of purses) {
      while (gathered < amount) {
        const row = purse.pop();
        if (!row) break;
        rows.push(row);
        gathered += row.state.amount;
      }
    }
    if (gathered >= amount) return rows;
    for (const row of rows.reverse()) this.put(row);
    return undefined;
  }

  #purse(place: { holder: string; currency: string; isOwn: boolean; notary: string }): Row[] {
    const key = `${place.holder} ${place.currency} ${place.isOwn} ${place.notary}`;
    const purse = this.#purses.get(key) ?? [];
    this.#purses.set(key, purse);
    return purse;
  }
}
