import { accountKey, effectsOf } from '../oracle/accounts.ts';
import type { JournaledOperation, Turn } from '../oracle/journal.ts';

/** The operations of a cell, and what came after what. */
export interface History {
  /** In the order in which they began. */
  readonly entries: readonly JournaledOperation[];
  /** An operation without an end in it was never seen to end. */
  readonly course: readonly Turn[];
}

/** Operations by their ids. */
export type Chosen = ReadonlySet<string>;

/** What came after what among these operations only. */
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

/** What brought money to somebody and is not kept, the earliest first. */
class LeftOut {
  readonly #issues = new Map<string, JournaledOperation[]>();
  readonly #payments = new Map<string, JournaledOperation[]>();

  add(entry: JournaledOperation): void {
    const { kind, to, currency } = entry.operation;
    if (kind === 'exit') return;
    const ofKind = kind === 'issue' ? this.#issues : this.#payments;
    const purse = purseOf(to, currency);
    const known = ofKind.get(purse);
    if (known) known.push(entry);
    else ofKind.set(purse, [entry]);
  }

  /** Taken out: an issue of its own, otherwise a payment. */
  moneyFor({ operation: { from, currency } }: JournaledOperation): JournaledOperation | undefined {
    const purse = purseOf(from, currency);
    return this.#issues.get(purse)?.shift() ?? this.#payments.get(purse)?.shift();
  }
}

/** What everybody has, if everything happens that was asked for, and how many coins that nobody has begun to spend. */
class Purses {
  readonly #amounts = new Map<string, number>();
  readonly #coins = new Map<string, number>();

  /** One coin for each, since whatever does not end locks the coin that it took. */
  isShort({ operation }: JournaledOperation): boolean {
    if (operation.kind === 'issue') return false;
    const key = purseOf(operation.from, operation.currency);
    return (this.#amounts.get(key) ?? 0) < operation.amount || (this.#coins.get(key) ?? 0) < 1;
  }

  take({ operation }: JournaledOperation): void {
    for (const { on, node, currency, amount } of effectsOf(operation)) {
      if (on !== 'holdings') continue;
      const key = purseOf(node, currency);
      this.#amounts.set(key, (this.#amounts.get(key) ?? 0) + amount);
      this.#coins.set(key, Math.max(0, (this.#coins.get(key) ?? 0) + Math.sign(amount)));
    }
  }
}

function purseOf(node: string, currency: string): string {
  return accountKey({ on: 'holdings', node, currency });
}
