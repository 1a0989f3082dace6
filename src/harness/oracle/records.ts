import type { CashState, FlowsView, NotaryLogView, TransactionsView, VaultView } from '../domain/driver-api.ts';
import type { LeasedNode } from '../domain/lease.ts';
import type { JournaledOperation } from './journal.ts';

/** A node as the judge needs it. */
export type JudgedNode = Pick<LeasedNode, 'id' | 'party' | 'release' | 'notary' | 'keepsRefusals'>;

/** All that is judged: what was done, and what the nodes say of it once everything is quiet. */
export interface Views {
  readonly journal: readonly JournaledOperation[];
  /** How many double spends each notary refused, by its node id. */
  readonly refusals: Readonly<Record<string, number>>;
  /** One of every peer. */
  readonly vaults: readonly VaultView[];
  /** One of every peer. */
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
    | 'notary-differs'
    | 'foreign-coin'
    | 'unexplained-transaction'
    | 'flow-left';
  readonly message: string;
}

/** A cash state in the vault of a node. */
export interface HeldState {
  readonly holder: string;
  readonly state: CashState;
}

/** The views with the look-ups that the rules share. */
export class Records {
  readonly views: Views;
  readonly held: readonly HeldState[];
  /** Operations by their transaction; only those that ended ok have one. */
  readonly byTransaction: ReadonlyMap<string, JournaledOperation>;
  /** Who consumed a state, by `transaction(index)`, as the notary says. */
  readonly consumedBy: ReadonlyMap<string, string>;
  /** Transactions that the notary committed. */
  readonly committed: ReadonlySet<string>;
  readonly #consumersOf: ReadonlyMap<string, readonly string[]>;
  readonly #inputsOf: ReadonlyMap<string, readonly string[]>;
  readonly #knownBy: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #nodes: ReadonlyMap<string, JudgedNode>;

  constructor(views: Views) {
    this.views = views;
    this.held = views.vaults.flatMap(({ node, states }) => states.map((state) => ({ holder: node, state })));
    this.byTransaction = new Map(
      views.journal.flatMap((entry) => (entry.end.result === 'ok' ? [[entry.end.transaction, entry] as const] : [])),
    );
    const commits = views.notaryLog.flatMap((log) => log.commits);
    this.consumedBy = new Map(commits.map((commit) => [refOf(commit), commit.consumedBy]));
    this.committed = new Set(commits.map((commit) => commit.consumedBy));
    this.#consumersOf = group(commits.map(({ transaction, consumedBy }) => [transaction, consumedBy]));
    this.#inputsOf = group(commits.map(({ transaction, consumedBy }) => [consumedBy, transaction]));
    this.#knownBy = new Map(views.transactions.map((view) => [view.node, new Set(view.transactions)]));
    this.#nodes = new Map(views.parties.map((node) => [node.id, node]));
  }

  /** `3.3-corda (party-b)` */
  name(id: string): string {
    const node = this.#nodes.get(id);
    return node ? `${node.release} (${id})` : id;
  }

  /** The node of a party name; the name itself where it is nobody of this network. */
  idOf(party: string): string {
    return this.views.parties.find((node) => node.party === party)?.id ?? party;
  }

  /** False as well where the node's transactions were not collected: see `collected`. */
  knows(node: string, transaction: string): boolean {
    return this.#knownBy.get(node)?.has(transaction) ?? false;
  }

  collected(node: string): boolean {
    return this.#knownBy.has(node);
  }

  /** Whether the notary's side was looked at at all. */
  get notaryWasRead(): boolean {
    return this.views.notaryLog.length > 0;
  }

  /** The transactions that consumed an output of this one. */
  consumersOf(transaction: string): readonly string[] {
    return this.#consumersOf.get(transaction) ?? [];
  }

  /** The transactions whose outputs this one consumed. */
  inputsOf(transaction: string): readonly string[] {
    return this.#inputsOf.get(transaction) ?? [];
  }
}

/** A state reference as Corda writes it. */
export function refOf({ transaction, index }: { transaction: string; index: number }): string {
  return `${transaction}(${index})`;
}

function group(entries: readonly (readonly [string, string])[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of entries) {
    const members = groups.get(key);
    if (members) members.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
