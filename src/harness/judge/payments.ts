import { formatMoney } from './holdings.ts';
import type { Operation } from '../trade/operation.ts';
import { type Records, group } from './records.ts';
import { type Finding, refOf } from '../trade/views.ts';
import { type Trace, evidenceOf, fits, fitsExactly } from './traces.ts';

/** Every payment that ended ok is known to payer and payee, and its coin reached the payee's vault. */
export function judgePayments(records: Records): readonly Finding[] {
  return [...records.asked].flatMap(([transaction, { operation }]) => {
    const { from, to, kind } = operation;
    const findings: Finding[] = [];
    if (records.collected(from) && !records.knows(from, transaction)) {
      const message = `${records.name(from)} does not know the transaction of its own ${nounOf(kind)} of ${describe(records, operation)} (${transaction})`;
      findings.push({ kind: 'transaction-missing', message });
    }
    if (kind !== 'pay') return findings;
    if (!reached(records, transaction, to)) findings.push(lost(records, transaction, operation));
    else if (from !== to && records.collected(to) && !records.knows(to, transaction)) {
      const message = `${records.name(to)} has had the money of a payment whose transaction it does not know: ${describe(records, operation)} (${transaction})`;
      findings.push({ kind: 'transaction-missing', message });
    }
    return findings;
  });
}

function lost(records: Records, transaction: string, { from, to, ...operation }: Operation): Finding {
  const known = [
    ...(records.knows(from, transaction) ? [`recorded by ${records.name(from)}`] : []),
    ...(records.committed.has(transaction) ? ['committed at the notary'] : []),
  ];
  const payee = records.knows(to, transaction)
    ? `${records.name(to)} has the transaction but not the coin`
    : `${records.name(to)} never recorded it`;
  const message = `lost payment: ${describe(records, { ...operation, from, to })} is ${[...known, 'reported as done'].join(', ')}, but ${payee} (${transaction})`;
  return { kind: 'lost-payment', message };
}

/** If a payment without an ok was carried out, its coin must have arrived. */
export function judgeLostWithoutOk(records: Records, traces: readonly Trace[]): readonly Finding[] {
  // Traces that may belong to the same operations are judged together: they cannot be told apart.
  const groups = group(traces, ({ possible, transaction }) => [possible, transaction]);
  return [...groups].flatMap(([possible, transactions]) => {
    if (!possible.every(({ sample }) => sample.kind === 'pay')) return [];
    const payees = new Set(possible.map(({ sample }) => sample.to));
    const lost = transactions.filter((one) => ![...payees].some((payee) => reached(records, one, payee)));
    if (payees.size === 0 || lost.length === 0) return [];
    const operations = possible.flatMap((one) => one.operations);
    return [{ kind: 'lost-payment', message: lostWords(records, operations, lost) }];
  });
}

/** A node that has had a coin of a transaction without an ok must know the transaction too. */
export function judgeKnownWithoutOk(records: Records, traces: readonly Trace[]): readonly Finding[] {
  return traces.flatMap(({ transaction }) => {
    const holders = new Set(records.outputsOf(transaction).map(({ holder }) => holder));
    const ignorant = [...holders].filter((id) => records.collected(id) && !records.knows(id, transaction));
    return ignorant.map((id): Finding => {
      const message = `${records.name(id)} has had money of a transaction that it does not know (${transaction})`;
      return { kind: 'transaction-missing', message };
    });
  });
}

function lostWords(records: Records, operations: readonly Operation[], lost: readonly string[]): string {
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

/**
 * Whether a coin of this transaction came into the payee's vault: it is or was there. If only the unspent states are known,
 * the payee may have spent it. A spend by a transaction that the payee may have asked for counts as arrived: if the coin
 * is missing, the sums show it.
 */
function reached(records: Records, transaction: string, payee: string): boolean {
  if (records.outputsOf(transaction).some(({ holder }) => holder === payee)) return true;
  if (records.isComplete(payee)) return false;
  if (!records.notaryWasRead) return records.knows(payee, transaction);
  return records.consumersOf(transaction).some((consumer) => {
    const spender = records.byTransaction.get(consumer);
    if (spender) return spender.operation.from === payee;
    return records.knows(payee, consumer) || !records.collected(payee);
  });
}

/** `5.00 USD from 4.8 (party-a) to 4.10 (party-b) [pay-1]`, `5.00 USD by 4.8 (party-a) [issue-1]` */
export function describe(records: Records, { kind, from, to, amount, currency, id }: Operation): string {
  const who = kind === 'pay' ? `from ${records.name(from)} to ${records.name(to)}` : `by ${records.name(from)}`;
  return `${formatMoney(amount, currency)} ${who} [${id}]`;
}

const NOUNS = { issue: 'issue', pay: 'payment', exit: 'exit', 'change-notary': 'notary change' } as const;

export function nounOf(kind: Operation['kind']): string {
  return NOUNS[kind];
}

/** Every transaction that was reported as done moved the money of its operation, as far as its coins can still be seen. */
export function judgeTransactions(records: Records): readonly Finding[] {
  return [...records.asked].flatMap(([transaction, { operation }]) => {
    const evidence = evidenceOf(records, transaction);
    // Other rules judge which nodes know it, and the notary's log.
    const money = { ...evidence, askers: [operation.from], spends: undefined };
    if (fits(money, operation) && fitsExactly(records, money, operation)) return [];
    const message = `the ${nounOf(operation.kind)} of ${describe(records, operation)} moved other money: ${moved(records, transaction)} (${transaction})`;
    return [{ kind: 'transaction-differs', message }];
  });
}

/** Each transaction without an ok must belong to one of the operations that ended without an ok. */
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
  const message = `cash moved in a way that no operation asked for: ${moved(records, transaction)}; operations without an ok: ${operationsWords(records, possible)} (${transaction})`;
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

/** All peers put the same constraint on what they issue: otherwise they do not carry the same kind of CorDapp. */
export function judgeConstraints(records: Records): readonly Finding[] {
  const made = new Map<string, Set<string>>();
  for (const [transaction, { operation }] of records.asked) {
    const constraint = records.coin(refOf({ transaction, index: 0 }))?.constraint;
    if (operation.kind !== 'issue' || constraint === undefined) continue;
    made.set(operation.from, (made.get(operation.from) ?? new Set()).add(constraint));
  }
  const all = new Set([...made.values()].flatMap((constraints) => [...constraints]));
  if (all.size <= 1) return [];
  const each = [...made].map(([node, constraints]) => {
    return `${records.name(node)} issues with the constraint ${[...constraints].sort().join(' and ')} and carries ${carried(records, node)}`;
  });
  return [{ kind: 'constraint-differs', message: `constraints do not agree: ${each.join('; ')}` }];
}

/** `corda-finance-contracts-4.5.jar (signed), mine.jar (unsigned)` */
function carried({ views }: Records, node: string): string {
  const cordapps = views.parties.find(({ id }) => id === node)?.cordapps;
  if (!cordapps) return 'unknown CorDapps';
  return cordapps.map(({ name, signed }) => `${name} (${signed ? 'signed' : 'unsigned'})`).join(', ') || 'no CorDapp';
}
