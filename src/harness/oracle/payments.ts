import { formatMoney } from './money.ts';
import type { Operation } from '../domain/operation.ts';
import type { JournaledOperation } from './journal.ts';
import type { Finding, Records } from './records.ts';
import type { Traces } from './traces.ts';

/** Every payment that ended ok is known to payer, payee and notary, and its coin reached the payee's vault. */
export function judgePayments(records: Records): readonly Finding[] {
  return [...records.byTransaction].flatMap(([transaction, { operation }]) =>
    operation.kind === 'pay' ? judgePayment(records, transaction, operation) : [],
  );
}

function judgePayment(records: Records, transaction: string, operation: Operation): readonly Finding[] {
  const findings: Finding[] = [];
  const { from, to } = operation;
  if (records.collected(from) && !records.knows(from, transaction)) {
    const message = `${records.name(from)} does not know the transaction of its own payment of ${describe(records, operation)} (${transaction})`;
    findings.push({ kind: 'transaction-missing', message });
  }
  if (!reached(records, transaction, to)) findings.push(lost(records, transaction, operation));
  else if (records.collected(to) && !records.knows(to, transaction)) {
    const message = `${records.name(to)} has spent the money of a payment whose transaction it does not know: ${describe(records, operation)} (${transaction})`;
    findings.push({ kind: 'transaction-missing', message });
  }
  return findings;
}

function lost(records: Records, transaction: string, { from, to, ...operation }: Operation): Finding {
  const known = [
    ...(records.knows(from, transaction) ? [`recorded by ${records.name(from)}`] : []),
    ...(records.committed.has(transaction) ? ['committed at the notary'] : []),
  ];
  const payee = records.knows(to, transaction)
    ? `${records.name(to)} has the transaction but not the coin`
    : `${records.name(to)} never recorded it`;
  const message = `lost payment: ${describe(records, { ...operation, from, to })} is ${[...known, 'told as done'].join(', ')}, but ${payee} (${transaction})`;
  return { kind: 'lost-payment', message };
}

/**
 * Transactions that no ok tells of: each must be one of the operations that ended without an ok, and if it can only be
 * a payment, its coin must have arrived.
 */
export function judgeUnjournaled(records: Records, traces: Traces): readonly Finding[] {
  const withoutCause = [...traces].filter(([, possible]) => possible.length === 0);
  return [...withoutCause.map(([transaction]) => unexplained(records, transaction)), ...lostWithoutOk(records, traces)];
}

/** One finding for all that may be the same operations': which of several is which, nobody can tell. */
function lostWithoutOk(records: Records, traces: Traces): readonly Finding[] {
  const groups = new Map<string, { readonly operations: readonly Operation[]; readonly lost: string[] }>();
  for (const [transaction, operations] of traces) {
    const arrived = operations.some(({ kind, to }) => kind !== 'pay' || reached(records, transaction, to));
    if (operations.length === 0 || arrived) continue;
    const key = operations.map(({ id }) => id).join();
    const group = groups.get(key) ?? { operations, lost: [] };
    groups.set(key, group);
    group.lost.push(transaction);
  }
  return [...groups.values()].map((group) => ({ kind: 'lost-payment', message: lostWords(records, group) }));
}

function lostWords(
  records: Records,
  { operations, lost }: { operations: readonly Operation[]; lost: readonly string[] },
): string {
  const [only, another] = operations;
  if (only && !another) {
    return `lost payment: ${describe(records, only)} ended without an ok, is committed at the notary, but the coin never arrived (${lost.join(', ')})`;
  }
  const directions = new Set(operations.map(({ from, to }) => `from ${records.name(from)} to ${records.name(to)}`));
  return (
    `lost payment: of the ${operations.length} payments ${[...directions].join(' and ')} that ended without an ok, ` +
    `${lost.length} ${lost.length === 1 ? 'is' : 'are'} committed at the notary although no coin ever arrived (${[...lost].sort().map(abbreviate).join(', ')})`
  );
}

/** Enough of an id to find it: whole ones would hide the sentence. */
function abbreviate(transaction: string): string {
  return transaction.length > 12 ? `${transaction.slice(0, 8)}…` : transaction;
}

function unexplained(records: Records, transaction: string): Finding {
  const coins = records.held
    .filter(({ state }) => state.transaction === transaction)
    .map(({ holder, state }) => `${formatMoney(state.amount, state.currency)} in the vault of ${records.name(holder)}`);
  const seen = coins.length > 0 ? coins.join(', ') : 'spent since';
  return {
    kind: 'unexplained-transaction',
    message: `cash moved that no operation asked for: ${seen} (${transaction})`,
  };
}

/**
 * Whether a coin of this transaction came into the payee's vault: it lies there, or the payee has spent it. Spent by a
 * transaction that the payee may have asked for counts as arrived; what is missing then shows in the sums.
 */
function reached(records: Records, transaction: string, payee: string): boolean {
  const lies = records.held.some(({ holder, state }) => holder === payee && state.transaction === transaction);
  if (lies) return true;
  if (!records.notaryWasRead) return records.knows(payee, transaction);
  return records.consumersOf(transaction).some((consumer) => {
    const spender: JournaledOperation | undefined = records.byTransaction.get(consumer);
    if (spender) return spender.operation.from === payee;
    return records.knows(payee, consumer) || !records.collected(payee);
  });
}

function describe(records: Records, { from, to, amount, currency, id }: Operation): string {
  return `${formatMoney(amount, currency)} from ${records.name(from)} to ${records.name(to)} [${id}]`;
}
