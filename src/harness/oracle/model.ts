import type { Operation, OperationEnd } from '../domain/operation.ts';
import type { JournaledOperation } from './journal.ts';

/** What must hold, given that an operation without an ok may or may not have happened. Smallest currency unit. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const NOTHING: Range = { low: 0, high: 0 };

/** Amounts by node id and currency. */
export type Amounts<T> = ReadonlyMap<string, ReadonlyMap<string, T>>;

/** What the operations of a journal say about the world. */
export interface Expectation {
  /** What each party holds, whoever issued it. */
  readonly holdings: Amounts<Range>;
  /** What is in circulation of each issuer's money: issued minus exited. */
  readonly supply: Amounts<Range>;
}

/** The world as the operations say it must be, when nothing existed before the first. */
export function expectationOf(journal: readonly JournaledOperation[]): Expectation {
  const holdings = new RangeTable();
  const supply = new RangeTable();
  for (const { operation, end } of journal) {
    for (const effect of effectsOf(operation)) {
      const table = effect.on === 'holdings' ? holdings : supply;
      table.add({ node: effect.node, currency: operation.currency }, ifCertain(effect.amount, end));
    }
  }
  return { holdings: holdings.amounts, supply: supply.amounts };
}

/** @returns the range of one node and currency; zero where no operation touched it */
export function rangeOf(amounts: Amounts<Range>, node: string, currency: string): Range {
  return amounts.get(node)?.get(currency) ?? NOTHING;
}

interface Effect {
  readonly on: 'holdings' | 'supply';
  readonly node: string;
  readonly amount: number;
}

function effectsOf({ kind, from, to, amount }: Operation): readonly Effect[] {
  switch (kind) {
    case 'issue':
      return [
        { on: 'supply', node: from, amount },
        { on: 'holdings', node: to, amount },
      ];
    case 'pay':
      return [
        { on: 'holdings', node: from, amount: -amount },
        { on: 'holdings', node: to, amount },
      ];
    case 'exit':
      return [
        { on: 'supply', node: from, amount: -amount },
        { on: 'holdings', node: from, amount: -amount },
      ];
  }
}

/** Money may have moved although the flow failed, so only an ok is certain. */
function ifCertain(amount: number, end: OperationEnd): Range {
  if (end.result === 'ok') return { low: amount, high: amount };
  return { low: Math.min(0, amount), high: Math.max(0, amount) };
}

class RangeTable {
  readonly amounts = new Map<string, Map<string, Range>>();

  add({ node, currency }: { node: string; currency: string }, { low, high }: Range): void {
    const ofNode = this.amounts.get(node) ?? new Map<string, Range>();
    const before = ofNode.get(currency) ?? NOTHING;
    this.amounts.set(node, ofNode.set(currency, { low: before.low + low, high: before.high + high }));
  }
}
