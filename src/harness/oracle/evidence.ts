import type { Operation } from '../domain/operation.ts';
import type { Coin, Records } from './records.ts';
import { refOf } from './views.ts';

/** What vaults and notary tell of a transaction, as far as they do. */
export interface Evidence {
  /** Whether it consumed anything; unknown where no notary was read. */
  readonly spends: boolean | undefined;
  /** Who may have asked for it: who asked knows it, if anybody does. */
  readonly askers: readonly string[];
  /** Whose coins it consumed. */
  readonly payer: string | undefined;
  readonly currency: string | undefined;
  /** What it brought, by vault. */
  readonly received: ReadonlyMap<string, number>;
  /** How the payer's holdings changed, where all that it consumed and got back is known. */
  readonly change: number | undefined;
}

/** Collects what is known of a transaction. */
export function evidenceOf(records: Records, transaction: string): Evidence {
  const outputs = records.outputsOf(transaction);
  const inputRefs = records.inputsOf(transaction);
  const inputs = inputRefs.flatMap((ref) => records.coin(refOf(ref)) ?? []);
  const received = new Map<string, number>();
  for (const { holder, amount } of outputs) received.set(holder, (received.get(holder) ?? 0) + amount);
  const payer = inputs[0]?.holder;
  return {
    spends: records.notaryWasRead ? records.committed.has(transaction) : undefined,
    askers: askersOf(records, transaction),
    payer,
    currency: (outputs[0] ?? inputs[0])?.currency,
    received,
    change:
      payer !== undefined && records.isComplete(payer) && inputs.length === inputRefs.length
        ? (received.get(payer) ?? 0) - sum(inputs)
        : undefined,
  };
}

function askersOf(records: Records, transaction: string): readonly string[] {
  const peers = records.views.parties.filter(({ notary }) => !notary).map(({ id }) => id);
  const known = peers.some((id) => records.knows(id, transaction));
  return known ? peers.filter((id) => records.knows(id, transaction) || !records.collected(id)) : peers;
}

/** Whether an operation can have made such a transaction, if only its amounts were other ones. */
export function fits({ spends, askers, payer, currency, received }: Evidence, operation: Operation): boolean {
  const { kind, from, to } = operation;
  return (
    (spends === undefined || spends === (kind !== 'issue')) &&
    askers.includes(from) &&
    (payer === undefined || payer === from) &&
    (currency === undefined || currency === operation.currency) &&
    [...received.keys()].every((holder) => holder === from || holder === to)
  );
}

/**
 * Whether the amounts are those of this operation, as far as they are known. A payment whose coin is nowhere fits: it may
 * have been lost.
 */
export function fitsExactly(records: Records, evidence: Evidence, operation: Operation): boolean {
  const { kind, from, to, amount } = operation;
  const got = evidence.received.get(to) ?? 0;
  const isWhole = records.isComplete(to) && got > 0;
  switch (kind) {
    case 'issue':
      return got === amount || got === 0;
    case 'exit':
      return evidence.change === undefined || evidence.change === -amount;
    case 'change-notary':
      return (got === amount || got === 0) && (evidence.change === undefined || evidence.change === 0);
    case 'pay':
      if (from === to) return evidence.change === undefined || evidence.change === 0;
      return (
        (isWhole ? got === amount : got <= amount) && (evidence.change === undefined || evidence.change === -amount)
      );
  }
}

function sum(coins: readonly Coin[]): number {
  return coins.reduce((total, { amount }) => total + amount, 0);
}
