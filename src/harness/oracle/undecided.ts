import type { Operation } from '../domain/operation.ts';
import type { JournaledOperation } from './journal.ts';
import { group } from './tables.ts';

/** Operations without an ok that nobody could tell apart: who, to whom, how much. */
export interface OperationClass {
  readonly sample: Operation;
  readonly operations: readonly Operation[];
}

/** Operations that may have happened or not, ready to be asked for by what is known of a transaction. */
export class Undecided {
  readonly classes: readonly OperationClass[];
  readonly #byPayer: ReadonlyMap<string, readonly OperationClass[]>;
  readonly #byAmount: ReadonlyMap<string, readonly OperationClass[]>;

  constructor(journal: readonly JournaledOperation[]) {
    const undecided = journal.filter(({ end }) => end.result !== 'ok').map(({ operation }) => operation);
    const classes = group(undecided, (operation) => [keyOf(operation), operation]);
    this.classes = [...classes.values()].flatMap((operations) => {
      const [sample] = operations;
      return sample ? [{ sample, operations }] : [];
    });
    this.#byPayer = group(this.classes, (one) => [one.sample.from, one]);
    this.#byAmount = group(this.classes, (one) => [amountKey({ ...one.sample, amount: changeOf(one.sample) }), one]);
  }

  /** Of these payers, without repetition. */
  of(payers: readonly string[]): readonly OperationClass[] {
    return payers.flatMap((payer) => this.#byPayer.get(payer) ?? []);
  }

  /** Those that would make the holdings of a payer so much more or less. */
  changing(change: { from: string; currency: string; amount: number }): readonly OperationClass[] {
    return this.#byAmount.get(amountKey(change)) ?? [];
  }
}

/** How the holdings of who asks for an operation change by it. */
function changeOf({ kind, from, to, amount }: Operation): number {
  if (kind === 'issue') return amount;
  return kind === 'change-notary' || (kind === 'pay' && from === to) ? 0 : -amount;
}

function amountKey({ from, currency, amount }: { from: string; currency: string; amount: number }): string {
  return `${from} ${currency} ${amount}`;
}

function keyOf({ kind, from, to, amount, currency }: Operation): string {
  return `${kind} ${from} ${to} ${amount} ${currency}`;
}
