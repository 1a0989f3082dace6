import type { CashState, Constraint, NotaryLogView, VaultRow } from '../lease/driver-api.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import { BEFORE, refOf, type JudgedNode, type StateRef, type Views, type Finding } from '../trade/views.ts';
import { formatMoney } from './holdings.ts';

/** A cash state in the vault of a node, unspent as RPC tells it. */
export interface HeldState {
  readonly holder: string;
  readonly state: CashState;
}

/** A cash state that a vault has or had, by RPC or by its database. */
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
  /** The same without the states from before the suites, whose operations are unknown. */
  readonly asked: ReadonlyMap<string, JournaledOperation>;
  /** The transaction that consumed a state, by `transaction(index)`, from the notary's log. */
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

  /** States by RPC first, then those that only a database has. */
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

  /** The node of a party name; the name itself if no node of this network has it. */
  idOf(party: string): string {
    return this.#ids.get(party) ?? party;
  }

  /** False as well if the node's transactions were not collected: see `collected`. */
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

  /** Whether the views contain the notary's log. */
  get notaryWasRead(): boolean {
    return this.views.notaryLog.length > 0;
  }

  /** A state that any vault has or had, by `transaction(index)`. */
  coin(ref: string): Coin | undefined {
    return this.#coins.get(ref);
  }

  /** The outputs of a transaction that are or were in vaults. */
  outputsOf(transaction: string): readonly Coin[] {
    return this.#outputsOf.get(transaction) ?? NONE;
  }

  /** The transactions that consumed an output of this one. */
  consumersOf(transaction: string): readonly string[] {
    return this.#consumersOf.get(transaction) ?? NONE;
  }

  /** The states that this transaction consumed, by the notary's log. */
  inputsOf(transaction: string): readonly StateRef[] {
    return this.#inputsOf.get(transaction) ?? NONE;
  }
}

/** Each commit once, even if several notaries have it. `consumedBy` gets the first transaction that spends a state. */
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
 * Locks belong to flows: a quiet network needs none. But a killed node may keep the lock of a flow that died with it and
 * left no checkpoint: seen with 4.10, rarely. No money is lost, and the lock says nothing about other releases.
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

/** Groups items by key, in their order. */
export function group<T, K, V>(items: Iterable<T>, entry: (item: T) => readonly [K, V]): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const item of items) {
    const [key, value] = entry(item);
    const members = groups.get(key);
    if (members) members.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** Sets that grow together: whatever was ever united has the same root. */
export class Unions<T> {
  readonly #parents = new Map<T, T>();

  unite(one: T, other: T): void {
    this.#parents.set(this.rootOf(one), this.rootOf(other));
  }

  rootOf(item: T): T {
    let root = item;
    for (let parent = this.#parents.get(root); parent !== undefined && parent !== root;) {
      root = parent;
      parent = this.#parents.get(root);
    }
    // Every way leads straight to it from now on.
    for (let at = item; at !== root;) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }
}
