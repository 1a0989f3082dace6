import type { Operation } from '../../trade/operation.ts';
import type { JournaledOperation, Turn } from '../../trade/journal.ts';

/** The operations of a cell, and what came after what. */
export interface History {
  /** In the order in which they began. */
  readonly entries: readonly JournaledOperation[];
  /** An operation without an end in it was never seen to end. */
  readonly course: readonly Turn[];
}

/** Operations by their ids. */
export type Chosen = ReadonlySet<string>;

/** The order of these operations among each other. */
export function courseOf({ course }: History, chosen: Chosen): readonly Turn[] {
  return course.filter(({ id }) => chosen.has(id));
}

/**
 * These operations with what makes them mean the same: every payment and every exit keeps an issue of its own payer that
 * came before it, or, where its payer had issued too little itself, a payment from which its payer had the money. Without
 * them they would fail for want of money, which is another failure than the one that is looked for.
 */
export function meaningful({ entries }: History, chosen: Chosen): Chosen {
  let kept = new Set(chosen);
  for (;;) {
    const more = fund(entries, kept);
    if (more.size === kept.size) return kept;
    kept = more;
  }
}

/** One pass, in order. A payment that is kept for the money it brings needs another one: it must be funded itself. */
function fund(entries: readonly JournaledOperation[], chosen: Chosen): Set<string> {
  const kept = new Set(chosen);
  const purses = new Purses();
  const left = new LeftOut();
  for (const entry of entries) {
    if (!kept.has(entry.operation.id)) {
      left.add(entry);
      continue;
    }
    while (purses.isShort(entry)) {
      const money = left.moneyFor(entry);
      if (!money) break;
      kept.add(money.operation.id);
      purses.take(money);
    }
    purses.take(entry);
  }
  return kept;
}

/** Operations that brought money to a peer and are not kept, the earliest first. */
class LeftOut {
  readonly #own = new Map<string, JournaledOperation[]>();
  readonly #payments = new Map<string, JournaledOperation[]>();

  add(entry: JournaledOperation): void {
    const { into } = moveOf(entry.operation);
    if (into === undefined) return;
    const ofKind = entry.operation.kind === 'pay' ? this.#payments : this.#own;
    const known = ofKind.get(into);
    if (known) known.push(entry);
    else ofKind.set(into, [entry]);
  }

  /** Taken out: an issue or a change of notary of its own, otherwise a payment. */
  moneyFor({ operation }: JournaledOperation): JournaledOperation | undefined {
    const { outOf = '' } = moveOf(operation);
    return this.#own.get(outOf)?.shift() ?? this.#payments.get(outOf)?.shift();
  }
}

/** The money of each peer if all operations happen, and its number of coins that no operation spends. */
class Purses {
  readonly #amounts = new Map<string, number>();
  readonly #coins = new Map<string, number>();

  /** One coin for each, since an operation that does not end locks its coin. */
  isShort({ operation }: JournaledOperation): boolean {
    const { outOf } = moveOf(operation);
    if (outOf === undefined) return false;
    return (this.#amounts.get(outOf) ?? 0) < operation.amount || (this.#coins.get(outOf) ?? 0) < 1;
  }

  take({ operation }: JournaledOperation): void {
    const { outOf, into } = moveOf(operation);
    if (outOf !== undefined) this.#change(outOf, -operation.amount);
    if (into !== undefined) this.#change(into, operation.amount);
  }

  #change(purse: string, amount: number): void {
    this.#amounts.set(purse, (this.#amounts.get(purse) ?? 0) + amount);
    this.#coins.set(purse, Math.max(0, (this.#coins.get(purse) ?? 0) + Math.sign(amount)));
  }
}

/** Purses by owner, currency and notary; money of no notary that was named is that of the first. */
function moveOf({ kind, from, to, currency, notary = '' }: Operation) {
  const purse = (owner: string, under: string): string => JSON.stringify([owner, currency, under]);
  switch (kind) {
    case 'issue':
      return { into: purse(to, notary) };
    case 'pay':
      return { outOf: purse(from, notary), into: purse(to, notary) };
    case 'exit':
      return { outOf: purse(from, '') };
    case 'change-notary':
      return { outOf: purse(from, ''), into: purse(from, notary) };
  }
}
