import type { CashState, Constraint } from '../lease/driver-api.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import { change, changeRows, changeTold, pickFrom } from './planted-faults.ts';
import { refOf, type Views } from '../trade/views.ts';

type Commit = Views['notaryLog'][number]['commits'][number];

/** A coin that must exist. A coin of an issue without an ok need not. */
export function onCoin(views: Views, which: number, plant: (ref: string) => Views): Views | undefined {
  const coin = pickFrom(certainCoins(views), which);
  return coin && plant(refOf(coin));
}

function certainCoins(views: Views): readonly CashState[] {
  const told = toldTransactions(views);
  const committed = new Set(views.notaryLog.flatMap(({ commits }) => commits.map(({ consumedBy }) => consumedBy)));
  const coins = views.vaults.flatMap(({ states }) => states);
  return coins.filter(
    ({ transaction, currency }) =>
      told.has(transaction) || (committed.has(transaction) && withoutOk(views, currency) === 1),
  );
}

/** Transactions of operations with an ok. */
function toldTransactions({ journal }: Views): ReadonlySet<string> {
  return new Set(journal.flatMap(({ end }) => (end.result === 'ok' ? [end.transaction] : [])));
}

/** With several of them, a transaction without an ok may look like that of another operation if a coin is added or removed. */
function withoutOk({ journal }: Views, currency: string): number {
  return journal.filter(({ operation, end }) => operation.currency === currency && end.result !== 'ok').length;
}

/** A payment to another that ended ok. */
export function onPayment(
  views: Views,
  which: number,
  plant: (entry: JournaledOperation, transaction: string) => Views | undefined,
): Views | undefined {
  const payments = views.journal.flatMap((entry) => {
    const { end, operation } = entry;
    const isPayment = end.result === 'ok' && operation.kind === 'pay' && operation.from !== operation.to;
    return isPayment ? [{ entry, transaction: end.transaction }] : [];
  });
  const payment = pickFrom(payments, which);
  return payment && plant(payment.entry, payment.transaction);
}

export function sameDirection(
  { operation: one }: JournaledOperation,
  { operation: other }: JournaledOperation,
): boolean {
  return one.from === other.from && one.currency === other.currency;
}

export function onRow(
  views: Views,
  which: number,
  { ofSpent }: { ofSpent: boolean },
  to: (row: RowOf<Views>) => readonly RowOf<Views>[] | undefined,
): Views | undefined {
  const rows = (views.rows ?? []).flatMap((view) => view.rows.filter(({ spent }) => spent === ofSpent));
  const row = pickFrom(rows, which);
  const other = row && to(row);
  return other && changeRows(views, refOf(row), () => other);
}

type RowOf<V extends Views> = NonNullable<V['rows']>[number]['rows'][number];

/** Whether the operation that made a state, or the one that spent it, got an ok. */
export function isToldOf(views: Views, row: RowOf<Views>): boolean {
  const told = toldTransactions(views);
  const spenders = cashCommits(views).filter((commit) => refOf(commit) === refOf(row));
  return told.has(row.transaction) || spenders.some(({ consumedBy }) => told.has(consumedBy));
}

/** Commits of what some vault has had: the notary has committed other states as well. */
export function cashCommits(views: Views): readonly Commit[] {
  const cash = new Set((views.rows ?? views.vaults.map(asRows)).flatMap(({ rows }) => rows.map(refOf)));
  const spenders = toldTransactions(views);
  return views.notaryLog
    .flatMap(({ commits }) => commits)
    .filter((commit) => cash.has(refOf(commit)) || spenders.has(commit.consumedBy));
}

function asRows({ states }: Views['vaults'][number]): { rows: readonly CashState[] } {
  return { rows: states };
}

/** In the log that has this commit. */
export function withCommits(
  views: Views,
  commit: Commit,
  to: (commits: readonly Commit[]) => readonly Commit[],
): Views {
  const notaryLog = views.notaryLog.map((log) =>
    log.commits.includes(commit) ? { ...log, commits: to(log.commits) } : log,
  );
  return { ...views, notaryLog };
}

/** Moves an amount from one coin to another of the same vault, issuer and currency. */
export function cancelling(views: Views, which: number, by: number): Views | undefined {
  const told = new Set(views.journal.flatMap(({ end }) => (end.result === 'ok' ? [end.transaction] : [])));
  const couples = views.vaults.flatMap(({ states }) => {
    const certain = states.filter(({ transaction }) => told.has(transaction));
    return certain.flatMap((one) =>
      certain
        .filter((other) => other.transaction !== one.transaction)
        .filter(({ issuer, currency }) => issuer === one.issuer && currency === one.currency)
        .map((other) => [one, other] as const),
    );
  });
  const couple = pickFrom(couples, which);
  if (!couple) return undefined;
  const [one, other] = couple.map(refOf);
  const more = change(views, one ?? '', (coin) => [{ ...coin, amount: coin.amount + by }]);
  return change(more, other ?? '', (coin) => [{ ...coin, amount: coin.amount - by }]);
}

/** A peer in whose vault a coin does not lie. */
export function notOfItsHolder(views: Views, ref: string): string {
  const holder = views.vaults.find(({ states }) => states.some((state) => refOf(state) === ref))?.node;
  return views.parties.find(({ notary, id }) => !notary && id !== holder)?.party ?? '';
}

/** The coin under another notary than its own, by RPC and in the database. */
export function underAnother(views: Views, ref: string): Views {
  const other = (notary: string | undefined): string => {
    const notaries = views.parties.flatMap(({ notary, party, notarisesAs }) => (notary ? [notarisesAs ?? party] : []));
    return notaries.find((party) => party !== notary) ?? '';
  };
  const told = changeTold(views, ref, (coin) => [{ ...coin, notary: other(coin.notary) }]);
  return changeRows(told, ref, (row) => [{ ...row, notary: other(row.notary) }]);
}

/** A coin of an issue with an ok, in its issuer's vault. */
export function issuedCoins(views: Views): readonly CashState[] {
  const issued = new Set(
    views.journal.flatMap(({ operation, end }) =>
      operation.kind === 'issue' && end.result === 'ok' ? [end.transaction] : [],
    ),
  );
  return views.vaults.flatMap(({ states }) => states).filter(({ transaction }) => issued.has(transaction));
}

/** The coin with another constraint, by RPC and in the database. */
export function constrained(views: Views, ref: string, constraint: Constraint): Views {
  const told = changeTold(views, ref, (coin) => [{ ...coin, constraint }]);
  return changeRows(told, ref, (row) => [{ ...row, ...(row.constraint && { constraint }) }]);
}
