import type { CashState, VaultRow } from '../lease/driver-api.ts';
import type { Command } from './honest-world.ts';
import { refOf, type Views } from '../trade/views.ts';

/** Commands and faults for the judge's tests. */
export const issue = (from: number, amount: number): Command => ({ ...DONE, kind: 'issue', from, to: from, amount });
export const pay = (from: number, to: number, amount: number): Command => ({ ...DONE, kind: 'pay', from, to, amount });
/** Changes the notary of the newest coin under another notary. */
export const changeNotary = (from: number, notary: number): Command => ({
  ...DONE,
  ...{ kind: 'change-notary', from, to: from, amount: 1, notary },
});
const DONE = { currency: 'USD', end: 'ok' } as const;
export const A = 0;
export const B = 1;
export const C = 2;

/** The views without databases: RPC and the notary alone. */
export function withoutRows(views: Views): Views {
  const { journal, refusals, killed, vaults, transactions, notaryLog, flows, parties } = views;
  return { journal, refusals, killed, vaults, transactions, notaryLog, flows, parties };
}

/** The world as if the payee had never heard of this transaction. */
export function loseAt(views: Views, node: string, transaction: string): Views {
  const isLost = (holder: string, state: { readonly transaction: string }): boolean =>
    holder === node && state.transaction === transaction;
  return {
    ...forgetAt(views, node, transaction),
    vaults: views.vaults.map((vault) => ({
      ...vault,
      states: vault.states.filter((state) => !isLost(vault.node, state)),
    })),
    ...(views.rows && {
      rows: views.rows.map((view) => ({ ...view, rows: view.rows.filter((row) => !isLost(view.node, row)) })),
    }),
  };
}

/** The world as if a node did not know a transaction, but had its coins. */
export function forgetAt(views: Views, node: string, transaction: string): Views {
  return {
    ...views,
    transactions: views.transactions.map((view) => ({
      ...view,
      transactions: view.transactions.filter((known) => view.node !== node || known !== transaction),
    })),
  };
}

/** Another coin in place of one, by RPC and in the database. */
export function change(views: Views, ref: string, to: (coin: CashState) => readonly CashState[]): Views {
  return changeRows(changeTold(views, ref, to), ref, (row) =>
    to({ ...row, issuer: '', owner: '' }).map(({ transaction, index, amount }) => ({
      ...row,
      transaction,
      index,
      amount,
    })),
  );
}

/** Another coin in place of one, by RPC only. */
export function changeTold(views: Views, ref: string, to: (coin: CashState) => readonly CashState[]): Views {
  const vaults = views.vaults.map((vault) => ({
    ...vault,
    states: vault.states.flatMap((state) => (refOf(state) === ref ? to(state) : [state])),
  }));
  return { ...views, vaults };
}

/** Another row in place of one, in the database only. */
export function changeRows(views: Views, ref: string, to: (row: VaultRow) => readonly VaultRow[]): Views {
  const rows = (views.rows ?? []).map((view) => ({
    ...view,
    rows: view.rows.flatMap((row) => (refOf(row) === ref ? to(row) : [row])),
  }));
  return { ...views, ...(views.rows && { rows }) };
}

export function first(views: Views): CashState {
  return pick(views, 0);
}

export function pick(views: Views, which: number): CashState {
  const state = pickFrom(
    views.vaults.flatMap(({ states }) => states),
    which,
  );
  if (!state) throw new Error('the imagined vaults are empty');
  return state;
}

/** An item of a list, by any number. Undefined if the list is empty. */
export function pickFrom<T>(all: readonly T[], which: number): T | undefined {
  return all[which % all.length];
}
