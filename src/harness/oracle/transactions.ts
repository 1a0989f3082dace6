import { evidenceOf, fits, fitsExactly } from './evidence.ts';
import { formatMoney } from './money.ts';
import { describe, nounOf } from './payments.ts';
import type { Records } from './records.ts';
import type { Finding } from './views.ts';
import type { Trace } from './traces.ts';

/** Every transaction that is told as done moved what was asked for, as far as its coins can still be seen. */
export function judgeTransactions(records: Records): readonly Finding[] {
  return [...records.asked].flatMap(([transaction, { operation }]) => {
    const evidence = evidenceOf(records, transaction);
    // Who knows it and what the notary says are judged elsewhere.
    const money = { ...evidence, askers: [operation.from], spends: undefined };
    if (fits(money, operation) && fitsExactly(records, money, operation)) return [];
    const message = `the ${nounOf(operation.kind)} of ${describe(records, operation)} moved other money: ${moved(records, transaction)} (${transaction})`;
    return [{ kind: 'transaction-differs', message }];
  });
}

/** Transactions that no ok tells of are each one of the operations that ended without an ok. */
export function judgeTraces(
  records: Records,
  { found, surplus }: { found: readonly Trace[]; surplus: readonly Trace[] },
): readonly Finding[] {
  return [
    ...found
      .filter(({ possible }) => possible.length === 0)
      .map(({ transaction }) => unexplained(records, transaction)),
    ...surplus.map((trace) => unexplainedMore(records, trace)),
    ...found.filter(({ possible, isExact }) => possible.length > 0 && !isExact).map((trace) => inexact(records, trace)),
  ];
}

function unexplained(records: Records, transaction: string): Finding {
  const message = `cash moved that no operation asked for: ${moved(records, transaction)} (${transaction})`;
  return { kind: 'unexplained-transaction', message };
}

function unexplainedMore(records: Records, { transaction, possible }: Trace): Finding {
  const message = `cash moved more often than operations without an ok asked for: ${moved(records, transaction)}, as by ${operationsWords(records, possible)} (${transaction})`;
  return { kind: 'unexplained-transaction', message };
}

function inexact(records: Records, { transaction, possible }: Trace): Finding {
  const message = `cash moved as no operation asked for it: ${moved(records, transaction)}; without an ok ended ${operationsWords(records, possible)} (${transaction})`;
  return { kind: 'transaction-differs', message };
}

/** The first operation, and how many more. */
function operationsWords(records: Records, possible: Trace['possible']): string {
  const [first, ...others] = possible.flatMap(({ operations }) => operations);
  const one = first ? `the ${nounOf(first.kind)} of ${describe(records, first)}` : '';
  return others.length > 0 ? `${one} and ${others.length} more` : one;
}

function moved(records: Records, transaction: string): string {
  const coins = records.outputsOf(transaction).toSorted((one, other) => one.index - other.index);
  if (coins.length === 0) return 'no vault has its coins';
  return coins
    .map(({ holder, amount, currency }) => `${formatMoney(amount, currency)} in the vault of ${records.name(holder)}`)
    .join(', ');
}
