import type {
  CashState,
  FlowsView,
  NotaryLogView,
  TransactionsView,
  VaultRowsView,
  VaultView,
} from '../domain/driver-views.ts';
import type { LeasedNode } from '../domain/lease.ts';
import type { JournaledOperation } from './journal.ts';

/** Stands in the journal as who asked for what lay there before the suites, where others have traded in the network. */
export const BEFORE = 'before the suites';

/** A node as the judge needs it. */
export type JudgedNode = Pick<
  LeasedNode,
  'id' | 'party' | 'release' | 'notary' | 'keepsRefusals' | 'validating' | 'notarisesAs' | 'cordapps'
>;

/** All that is judged: what was done, and what the nodes say of it once everything is quiet. */
export interface Views {
  readonly journal: readonly JournaledOperation[];
  /** How many double spends each notary refused, by its node id. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Ids of nodes that were killed while they traded. */
  readonly killed: readonly string[];
  /** One of every peer: the vault as RPC tells it. */
  readonly vaults: readonly VaultView[];
  /** The vault as the node's database has it, of every peer whose database was read. */
  readonly rows?: readonly VaultRowsView[];
  /** One of every peer, and of every validating notary. */
  readonly transactions: readonly TransactionsView[];
  /** One of every notary. */
  readonly notaryLog: readonly NotaryLogView[];
  readonly flows: readonly FlowsView[];
  readonly parties: readonly JudgedNode[];
}

/** Something that is not as it must be: a sentence with parties, releases and amounts. */
export interface Finding {
  readonly kind:
    | 'conservation'
    | 'vault-differs'
    | 'lost-payment'
    | 'transaction-missing'
    | 'transaction-differs'
    | 'unverified-transaction'
    | 'notary-differs'
    | 'double-spend'
    | 'rpc-differs'
    | 'constraint-differs'
    | 'foreign-coin'
    | 'unexplained-transaction'
    | 'lock-left'
    | 'flow-left';
  readonly message: string;
}

export interface StateRef {
  readonly transaction: string;
  readonly index: number;
}

/** Whether nobody could tell whose a coin is, by the key of its owner: then the vault that it lies in says it. */
export function isAnonymous({ owner }: Pick<CashState, 'owner'>): boolean {
  return owner.startsWith('anonymous ');
}

/** A state reference as Corda writes it. */
export function refOf({ transaction, index }: StateRef): string {
  return `${transaction}(${index})`;
}
