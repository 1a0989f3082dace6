import { BEFORE } from './baseline.ts';
import { formatMoney } from './money.ts';
import type { Finding, HeldState, Records } from './records.ts';
import { refOf } from './records.ts';

/** Vaults and notary agree on what is spent and on what was ever committed. */
export function judgeNotary(records: Records): readonly Finding[] {
  if (!records.notaryWasRead) return [];
  return [...judgeUnspent(records), ...judgeIssued(records), ...judgeCommitted(records)];
}

/** Unspent in a vault means unspent at the notary. */
function judgeUnspent(records: Records): readonly Finding[] {
  return records.held.flatMap((entry) => {
    const consumer = records.consumedBy.get(refOf(entry.state));
    if (consumer === undefined) return [];
    return [differs(`${coin(records, entry)} is unspent there but was spent by ${consumer} at the notary`)];
  });
}

/** An issued coin (always output 0) that is gone from its vault was spent at the notary. */
function judgeIssued(records: Records): readonly Finding[] {
  const held = new Set(records.held.map(({ state }) => refOf(state)));
  return [...records.byTransaction].flatMap(([transaction, { operation }]) => {
    const ref = refOf({ transaction, index: 0 });
    // Of what was there before, outputs may have been spent before: `judgeKept` looks at those that were not.
    if (operation.by === BEFORE) return [];
    if (operation.kind !== 'issue' || held.has(ref) || records.consumedBy.has(ref)) return [];
    const { amount, currency, from } = operation;
    return [
      differs(
        `the ${formatMoney(amount, currency)} that ${records.name(from)} issued is in no vault, but the notary never saw it spent (${ref})`,
      ),
    ];
  });
}

/** What moved or destroyed money was committed. */
function judgeCommitted(records: Records): readonly Finding[] {
  const journaled = [...records.byTransaction].flatMap(([transaction, { operation }]) => {
    if (operation.kind === 'issue' || records.committed.has(transaction)) return [];
    const what = `${operation.kind === 'pay' ? 'payment' : 'exit'} of ${formatMoney(operation.amount, operation.currency)}`;
    return [
      differs(
        `the notary never committed the ${what} that ${records.name(operation.from)} was told is done (${transaction})`,
      ),
    ];
  });
  const moved = records.held.flatMap((entry) => {
    const { transaction, issuer, owner } = entry.state;
    if (records.byTransaction.has(transaction) || issuer === owner || records.committed.has(transaction)) return [];
    return [differs(`${coin(records, entry)} was moved by a transaction that the notary never committed`)];
  });
  return [...journaled, ...moved];
}

function coin(records: Records, { holder, state }: HeldState): string {
  return `${formatMoney(state.amount, state.currency)} in the vault of ${records.name(holder)} (${refOf(state)})`;
}

function differs(message: string): Finding {
  return { kind: 'notary-differs', message };
}
