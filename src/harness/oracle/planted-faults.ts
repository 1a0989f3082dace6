import type { CashState } from '../domain/driver-api.ts';
import type { Command } from './honest-world.ts';
import type { Views } from './records.ts';
import { refOf } from './records.ts';

/** Commands and faults for the judge's tests. */
export const issue = (from: number, amount: number): Command => ({ ...DONE, kind: 'issue', from, to: from, amount });
export const pay = (from: number, to: number, amount: number): Command => ({ ...DONE, kind: 'pay', from, to, amount });
const DONE = { currency: 'USD', end: 'ok' } as const;
export const A = 0;
export const B = 1;
export const C = 2;

/** The world as if the payee had never heard of this transaction. */
export function loseAt(views: Views, node: string, transaction: string): Views {
  return {
    ...views,
    vaults: views.vaults.map((vault) => ({
      ...vault,
      states: vault.states.filter((state) => vault.node !== node || state.transaction !== transaction),
    })),
    transactions: views.transactions.map((view) => ({
      ...view,
      transactions: view.transactions.filter((known) => view.node !== node || known !== transaction),
    })),
  };
}

export function change(views: Views, ref: string, to: (state: CashState) => readonly CashState[]): Views {
  return {
    ...views,
    vaults: views.vaults.map((vault) => ({
      ...vault,
      states: vault.states.flatMap((state) => (refOf(state) === ref ? to(state) : [state])),
    })),
  };
}

export function first(views: Views): CashState {
  return pick(views, 0);
}

export function pick(views: Views, which: number): CashState {
  const all = views.vaults.flatMap(({ states }) => states);
  const state = all[which % all.length];
  if (!state) throw new Error('the imagined vaults are empty');
  return state;
}
