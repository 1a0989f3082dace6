import type { CashState, Constraint, NotaryLogView, VaultRow } from '../domain/driver-views.ts';
import type { JournaledOperation } from './journal.ts';
import { group } from './tables.ts';
import { BEFORE, refOf, type JudgedNode, type StateRef, type Views } from './views.ts';

/** A cash state in the vault of a node, unspent as RPC tells it. */
export interface HeldState {
  readonly holder: string;
  readonly state: CashState;
}

/** A cash state that a vault has or had, whoever says so. */
export interface Coin extends StateRef {
  readonly holder: string;
  readonly amount: number;
  readonly currency: string;
  /** Party name. */
  readonly notary?: string;
  readonly constraint?: Constraint;
}

/** A row in the database of a node. */
export interface HeldRow {
  readonly holder: string;
  readonly row: VaultRow;
}

/** A state that a notary committed as spent. */
type Commit = NotaryLogView['commits'][number];

const NONE: readonly never[] = [];

/** The views with the look-ups that the rules share; each is made once, so that no rule searches. */
export class Records {
  readonly views: Views;
  readonly held: readonly HeldState[];
  readonly rows: readonly HeldRow[];
  /** Operations by their transaction; only those that ended ok have one. */
  readonly byTransaction: ReadonlyMap<string, JournaledOperation>;
  /** The same without what lay there before the suites: nobody knows what was asked for then. */
  readonly asked: ReadonlyMap<string, JournaledOperation>;
  /** Who consumed a state, by `transaction(index)`, as the notary says. */
  readonly consumedBy: ReadonlyMap<string, string>;
  /** Transactions that the notary committed. */
  readonly committed: ReadonlySet<string>;
  readonly #coins = new Map<string, Coin>();
  readonly #outputsOf: ReadonlyMap<string, readonly Coin[]>;
  readonly #consumersOf: ReadonlyMap<string, readonly string[]>;
  readonly #inputsOf: ReadonlyMap<string, readonly StateRef[]>;
  readonly #knownBy: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #nodes: ReadonlyMap<string, JudgedNode>;
  readonly #ids: ReadonlyMap<string, string>;
  readonly #withRows: ReadonlySet<string>;

  constructor(views: Views) {
    this.views = views;
    this.held = views.vaults.flatMap(({ node, states }) => states.map((state) => ({ holder: node, state })));
    this.rows = (views.rows ?? []).flatMap(({ node, rows }) => rows.map((row) => ({ holder: node, row })));
    this.byTransaction = new Map(
      views.journal.flatMap((entry) => (entry.end.result === 'ok' ? [[entry.end.transaction, entry] as const] : [])),
    );
    this.asked = new Map([...this.byTransaction].filter(([, { operation }]) => operation.by !== BEFORE));
    const consumedBy = new Map<string, string>();
    const commits = collectCommits(views.notaryLog, consumedBy);
    this.consumedBy = consumedBy;
    this.committed = new Set(commits.map((commit) => commit.consumedBy));
    this.#consumersOf = group(commits, ({ transaction, consumedBy }) => [transaction, consumedBy]);
    this.#inputsOf = group(commits, (commit) => [commit.consumedBy, commit]);
    this.#knownBy = new Map(views.transactions.map((view) => [view.node, new Set(view.transactions)]));
    this.#nodes = new Map(views.parties.map((node) => [node.id, node]));
    this.#ids = new Map(
      views.parties.flatMap(({ id, party, notarisesAs = party }) => [[party, id] as const, [notarisesAs, id] as const]),
    );
    this.#withRows = new Set((views.rows ?? []).map(({ node }) => node));
    this.#outputsOf = this.#collectCoins();
  }

  /** What RPC tells first; of a database only what RPC leaves out. */
  #collectCoins(): ReadonlyMap<string, readonly Coin[]> {
    const coins: Coin[] = [];
    const unspent = new Set<string>();
    for (const { holder, state } of this.held) {
      unspent.add(`${holder} ${refOf(state)}`);
      coins.push({ holder, ...pickCoin(state) });
    }
    for (const { holder, row } of this.rows) {
      if (!unspent.has(`${holder} ${refOf(row)}`)) coins.push({ holder, ...pickCoin(row) });
    }
    for (const coin of coins) this.#coins.set(refOf(coin), coin);
    return group(coins, (coin) => [coin.transaction, coin]);
  }

  /** `3.3-corda (party-b)` */
  name(id: string): string {
    const node = this.#nodes.get(id);
    return node ? `${node.release} (${id})` : id;
  }

  /** The node of a party name; the name itself where it is nobody of this network. */
  idOf(party: string): string {
    return this.#ids.get(party) ?? party;
  }

  /** False as well where the node's transactions were not collected: see `collected`. */
  knows(node: string, transaction: string): boolean {
    return this.#knownBy.get(node)?.has(transaction) ?? false;
  }

  collected(node: string): boolean {
    return this.#knownBy.has(node);
  }

  /** Whether a node's spent states are known as well as its unspent ones. */
  isComplete(node: string): boolean {
    return this.#withRows.has(node);
  }

  /** Whether the notary's side was looked at at all. */
  get notaryWasRead(): boolean {
    return this.views.notaryLog.length > 0;
  }

  /** A state that any vault has or had, by `transaction(index)`. */
  coin(ref: string): Coin | undefined {
    return this.#coins.get(ref);
  }

  /** The outputs of a transaction that lie or lay in vaults. */
  outputsOf(transaction: string): readonly Coin[] {
    return this.#outputsOf.get(transaction) ?? NONE;
  }

  /** The transactions that consumed an output of this one. */
  consumersOf(transaction: string): readonly string[] {
    return this.#consumersOf.get(transaction) ?? NONE;
  }

  /** What this one consumed, as the notary says. */
  inputsOf(transaction: string): readonly StateRef[] {
    return this.#inputsOf.get(transaction) ?? NONE;
  }
}

/** Each once, however many notaries have it in their logs; the first to spend a state goes into `consumedBy`. */
function collectCommits(logs: readonly NotaryLogView[], consumedBy: Map<string, string>): readonly Commit[] {
  const commits: Commit[] = [];
  for (const log of logs) {
    for (const commit of log.commits) {
      const ref = refOf(commit);
      const known = consumedBy.get(ref);
      if (known === undefined) consumedBy.set(ref, commit.consumedBy);
      if (known !== commit.consumedBy) commits.push(commit);
    }
  }
  return commits;
}

function pickCoin({ transaction, index, amount, currency, ...more }: Omit<Coin, 'holder'>): Omit<Coin, 'holder'> {
  const { notary, constraint } = more;
  return { transaction, index, amount, currency, ...(notary && { notary }), ...(constraint && { constraint }) };
}
