import type { OperationEnd } from '../domain/operation.ts';
import { effectsOf } from './accounts.ts';
import type { JournaledOperation } from './journal.ts';

/** What must hold while nobody knows more of an operation without an ok than that it may have happened. Smallest unit. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const NOTHING: Range = { low: 0, high: 0 };

/** Amounts by node id and currency. */
export type Amounts<T> = ReadonlyMap<string, ReadonlyMap<string, T>>;

/** What each party holds by these operations, whoever issued it, when nothing existed before the first. */
export function holdingsOf(journal: readonly JournaledOperation[]): Amounts<Range> {
  const holdings = new Map<string, Map<string, Range>>();
  for (const { operation, end } of journal) {
    for (const { on, node, currency, amount } of effectsOf(operation)) {
      if (on !== 'holdings') continue;
      const ofNode = holdings.get(node) ?? new Map<string, Range>();
      const { low, high } = ofNode.get(currency) ?? NOTHING;
      const more = ifCertain(amount, end);
      holdings.set(node, ofNode.set(currency, { low: low + more.low, high: high + more.high }));
    }
  }
  return holdings;
}

/** @returns the range of one node and currency; zero where no operation touched it */
export function rangeOf(amounts: Amounts<Range>, node: string, currency: string): Range {
  return amounts.get(node)?.get(currency) ?? NOTHING;
}

/** Money may have moved although the flow failed, so only an ok is certain. */
function ifCertain(amount: number, end: OperationEnd): Range {
  if (end.result === 'ok') return { low: amount, high: amount };
  return { low: Math.min(0, amount), high: Math.max(0, amount) };
}
