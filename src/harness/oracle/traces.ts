import type { Operation } from '../domain/operation.ts';
import type { JournaledOperation } from './journal.ts';
import type { Records } from './records.ts';

/** Cash transactions that no ok tells of, each with the operations it may be the trace of. */
export type Traces = ReadonlyMap<string, readonly Operation[]>;

/** Finds what operations without an ok left behind, in vaults and at the notary. */
export function tracesOf(records: Records): Traces {
  return new Map(
    unjournaled(records).map((transaction) => [transaction, possibleOperations(records, transaction)] as const),
  );
}

/**
 * The journal without the operations that did nothing: without an ok and without a trace. Spending leaves a trace at
 * the notary, so nothing is dropped where its log was not read.
 */
export function effective(records: Records, traces: Traces): readonly JournaledOperation[] {
  if (!records.notaryWasRead) return records.views.journal;
  const traced = new Set([...traces.values()].flat());
  return records.views.journal.filter(({ operation, end }) => end.result === 'ok' || traced.has(operation));
}

/** Follows the money from what is known to be cash, both ways; other states never touch it. */
function unjournaled(records: Records): readonly string[] {
  const cash = new Set([...records.byTransaction.keys(), ...records.held.map(({ state }) => state.transaction)]);
  for (const transaction of cash) {
    for (const neighbour of [...records.consumersOf(transaction), ...records.inputsOf(transaction)])
      cash.add(neighbour);
  }
  return [...cash].filter((transaction) => !records.byTransaction.has(transaction));
}

/** Who asked for a transaction knows it, if anybody does. Only an issue consumes nothing. */
function possibleOperations(records: Records, transaction: string): readonly Operation[] {
  const spends = records.committed.has(transaction);
  const known = records.views.transactions.some(({ node }) => records.knows(node, transaction));
  return records.views.journal
    .filter(({ end }) => end.result !== 'ok')
    .map(({ operation }) => operation)
    .filter(({ kind }) => !records.notaryWasRead || (kind === 'issue') !== spends)
    .filter(({ from }) => !known || !records.collected(from) || records.knows(from, transaction));
}
