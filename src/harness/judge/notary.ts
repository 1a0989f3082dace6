import { formatMoney } from './holdings.ts';
import { nounOf, describe } from './payments.ts';
import type { Coin, Records } from './records.ts';
import { refOf, type Finding } from '../trade/views.ts';
import type { Trace } from './traces.ts';

/** Vaults and notary agree on what is spent, by what, and on what was ever committed. */
export function judgeNotary(records: Records, traces: readonly Trace[]): readonly Finding[] {
  if (!records.notaryWasRead) return [];
  return [
    ...judgeUnspent(records),
    ...judgeSpent(records),
    ...judgeSpentOnce(records),
    ...judgeInputs(records, traces),
    ...judgeIssued(records),
    ...judgeCommitted(records),
    ...judgeValidating(records),
  ];
}

/** Unspent in a vault means unspent at the notary. */
function judgeUnspent(records: Records): readonly Finding[] {
  return records.held.flatMap(({ holder, state }) => {
    const consumer = records.consumedBy.get(refOf(state));
    if (consumer === undefined) return [];
    const what = coin(records, { holder, ...state });
    return [differs(`${what} is unspent there but was spent by ${consumer} at the notary`)];
  });
}

/** Spent in a vault means spent at the notary, by the same transaction where the vault stores it. */
function judgeSpent(records: Records): readonly Finding[] {
  return records.rows.flatMap(({ holder, row }) => {
    if (!row.spent) return [];
    const consumer = records.consumedBy.get(refOf(row));
    if (consumer !== undefined && (row.consumedBy ?? consumer) === consumer) return [];
    const what = coin(records, { holder, ...row });
    if (consumer === undefined) return [differs(`${what} is spent there but the notary never saw it spent`)];
    return [differs(`${what} was spent by ${row.consumedBy ?? ''} there but by ${consumer} at the notary`)];
  });
}

/** No state is spent by two transactions, whichever notaries committed them. */
function judgeSpentOnce(records: Records): readonly Finding[] {
  return records.views.notaryLog.flatMap(({ node, commits }) =>
    commits.flatMap((commit) => {
      const { consumedBy } = commit;
      const ref = refOf(commit);
      const other = records.consumedBy.get(ref);
      if (other === undefined || other === consumedBy) return [];
      const message = `spent twice: ${ref} by ${other} and by ${consumedBy}, as ${records.name(node)} says`;
      return [{ kind: 'double-spend' as const, message }];
    }),
  );
}

/** Each state that a cash transaction consumed was in a vault. Judged only if the spent states of all vaults are known. */
function judgeInputs(records: Records, traces: readonly Trace[]): readonly Finding[] {
  const peers = records.views.parties.filter(({ notary }) => !notary);
  if (!peers.every(({ id }) => records.isComplete(id))) return [];
  const transactions = [...records.byTransaction.keys(), ...traces.map(({ transaction }) => transaction)];
  return transactions.flatMap((transaction) =>
    records.inputsOf(transaction).flatMap((ref) => {
      if (records.coin(refOf(ref))) return [];
      return [differs(`${refOf(ref)} was spent by ${transaction} at the notary, but no vault ever had it`)];
    }),
  );
}

/**
 * An issued coin (always output 0) that is gone from its vault was spent at the notary. Of what was there before, outputs may have
 * been spent before: `judgeKept` looks at those that were not.
 */
function judgeIssued(records: Records): readonly Finding[] {
  return [...records.asked].flatMap(([transaction, { operation }]) => {
    const ref = refOf({ transaction, index: 0 });
    if (operation.kind !== 'issue' || records.coin(ref) || records.consumedBy.has(ref)) return [];
    const { amount, currency, from } = operation;
    return [
      differs(
        `the ${formatMoney(amount, currency)} that ${records.name(from)} issued is in no vault, but the notary never saw it spent (${ref})`,
      ),
    ];
  });
}

/** The notary has committed every transaction that moved or exited money. */
function judgeCommitted(records: Records): readonly Finding[] {
  const journaled = [...records.byTransaction].flatMap(([transaction, { operation }]) => {
    if (operation.kind === 'issue' || records.committed.has(transaction)) return [];
    const what = `${nounOf(operation.kind)} of ${formatMoney(operation.amount, operation.currency)}`;
    return [
      differs(
        `the notary never committed the ${what} that was reported to ${records.name(operation.from)} as done (${transaction})`,
      ),
    ];
  });
  const moved = records.held.flatMap(({ holder, state }) => {
    const { transaction, issuer } = state;
    const isIssue = records.idOf(issuer) === holder;
    if (isIssue || records.byTransaction.has(transaction) || records.committed.has(transaction)) return [];
    const what = coin(records, { holder, ...state });
    return [differs(`${what} was moved by a transaction that the notary never committed`)];
  });
  return [...journaled, ...moved];
}

/** A validating notary has all transactions on which a committed one builds. */
function judgeValidating(records: Records): readonly Finding[] {
  const validating = records.views.parties.filter(({ id, validating }) => validating && records.collected(id));
  return validating.flatMap(({ id }) => {
    const commits = records.views.notaryLog.find(({ node }) => node === id)?.commits ?? [];
    const missing = new Set(commits.map(({ transaction }) => transaction).filter((one) => !records.knows(id, one)));
    return [...missing].map((transaction) => ({
      kind: 'transaction-missing' as const,
      message: `${records.name(id)} validates and has committed a spend of a state of ${transaction}, but does not know that transaction`,
    }));
  });
}

function coin(records: Records, { holder, amount, currency, ...ref }: Coin): string {
  return `${formatMoney(amount, currency)} in the vault of ${records.name(holder)} (${refOf(ref)})`;
}

function differs(message: string): Finding {
  return { kind: 'notary-differs', message };
}

/** Every coin is spent at its own notary, and has the notary that was asked for. */
export function judgeNotaries(records: Records): readonly Finding[] {
  return [...judgePlace(records), ...judgeAsked(records)];
}

/** Another notary than a coin's own knows nothing of its earlier spending. */
function judgePlace(records: Records): readonly Finding[] {
  const parties = new Map(records.views.parties.map(({ id, party, notarisesAs }) => [id, notarisesAs ?? party]));
  return records.views.notaryLog.flatMap(({ node, commits }) =>
    commits.flatMap((commit) => {
      const coin = records.coin(refOf(commit));
      if (coin?.notary === undefined || coin.notary === (parties.get(node) ?? coin.notary)) return [];
      const what = `${formatMoney(coin.amount, coin.currency)} in the vault of ${records.name(coin.holder)} (${refOf(coin)})`;
      const message = `${what} was spent by ${commit.consumedBy} at ${records.name(node)}, but its notary is ${records.name(records.idOf(coin.notary))}`;
      return [{ kind: 'notary-differs' as const, message }];
    }),
  );
}

/** After an ok, the money is under the notary that the operation names. */
function judgeAsked(records: Records): readonly Finding[] {
  return [...records.byTransaction].flatMap(([transaction, { operation }]) => {
    const { kind, notary } = operation;
    if (notary === undefined) return [];
    return records.outputsOf(transaction).flatMap((coin) => {
      if (coin.notary === undefined || records.idOf(coin.notary) === notary) return [];
      const message = `the ${nounOf(kind)} of ${describe(records, operation)} should be under ${records.name(notary)}, but ${refOf(coin)} is under ${records.name(records.idOf(coin.notary))}`;
      return [{ kind: 'transaction-differs' as const, message }];
    });
  });
}
