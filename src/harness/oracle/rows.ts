import type { CashState, VaultRow } from '../domain/driver-views.ts';
import { formatMoney } from './money.ts';
import type { Records } from './records.ts';
import { refOf, type Finding } from './views.ts';

/** A vault is the same by RPC and in its database, to the coin; and nothing in it is locked or left to be verified. */
export function judgeRows(records: Records): readonly Finding[] {
  return [...judgeRpc(records), ...judgeLocks(records), ...judgeVerified(records)];
}

function judgeRpc(records: Records): readonly Finding[] {
  return (records.views.rows ?? []).flatMap(({ node, rows }) => {
    const vault = records.views.vaults.find((view) => view.node === node);
    if (!vault) return [];
    const told = new Map(vault.states.map((state) => [refOf(state), state]));
    const stored = new Map(rows.filter(({ spent }) => !spent).map((row) => [refOf(row), row]));
    const refs = new Set([...told.keys(), ...stored.keys()]);
    const differing = [...refs].flatMap((ref) => difference(told.get(ref), stored.get(ref)) ?? []);
    const repeated = vault.states.length - told.size + rows.length - new Set(rows.map(refOf)).size;
    return [
      ...differing.map((words) => differs(`the vault of ${records.name(node)} ${words}`)),
      ...(repeated > 0 ? [differs(`the vault of ${records.name(node)} has ${repeated} of its states twice`)] : []),
    ];
  });
}

function difference(told: CashState | undefined, stored: VaultRow | undefined): string | undefined {
  if (!told || !stored) {
    const one = told ?? stored;
    const [here, there] = told ? ['by RPC', 'in its database'] : ['in its database', 'by RPC'];
    return one && `has ${coin(one)} ${here} but not ${there}`;
  }
  if (told.amount !== stored.amount || told.currency !== stored.currency) {
    return `has ${coin(told)} by RPC, which is ${formatMoney(stored.amount, stored.currency)} in its database`;
  }
  if (told.constraint && stored.constraint && told.constraint !== stored.constraint) {
    return `has ${coin(told)} with the constraint ${told.constraint} by RPC, ${stored.constraint} in its database`;
  }
  if (told.notary && stored.notary && told.notary !== stored.notary) {
    return `has ${coin(told)} under ${told.notary} by RPC, under ${stored.notary} in its database`;
  }
  return undefined;
}

/**
 * Locks are for flows: once all is quiet nobody needs one. But a node that is killed may keep that of a flow which died with it
 * and left no checkpoint: seen with 4.10, rarely. No money is lost by it, and it says nothing of other releases.
 */
function judgeLocks(records: Records): readonly Finding[] {
  const { killed } = records.views;
  return records.rows.flatMap(({ holder, row }) => {
    if (row.spent || row.lock === undefined || killed.includes(holder)) return [];
    const message = `${coin(row)} in the vault of ${records.name(holder)} is still locked by ${row.lock}`;
    return [{ kind: 'lock-left', message }];
  });
}

function judgeVerified(records: Records): readonly Finding[] {
  return records.views.transactions.flatMap(({ node, unverified = [] }) => {
    if (unverified.length === 0) return [];
    const message = `${records.name(node)} has stored transactions that it has not verified: ${unverified.join(', ')}`;
    return [{ kind: 'unverified-transaction', message }];
  });
}

function coin({ amount, currency, ...ref }: Pick<CashState, 'amount' | 'currency' | 'transaction' | 'index'>): string {
  return `${formatMoney(amount, currency)} (${refOf(ref)})`;
}

function differs(message: string): Finding {
  return { kind: 'rpc-differs', message };
}
