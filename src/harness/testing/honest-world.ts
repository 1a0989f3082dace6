import type { VaultRow, CashState } from '../lease/driver-api.ts';
import type { Operation } from '../trade/operation.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import type { JudgedNode, Views } from '../trade/views.ts';

/** An operation of the imagined network. */
export interface Command {
  readonly kind: 'issue' | 'pay' | 'exit' | 'change-notary' | 'notarise';
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  readonly currency: string;
  /** How the caller is answered, and whether it happened all the same. */
  readonly end: 'ok' | 'failed' | 'failed-but-done' | 'unknown' | 'unknown-but-done';
  /** The notary of a new coin, or the new notary of a notary change; default: the first. */
  readonly notary?: number;
  /** Paid to a key that only its owner knows. */
  readonly anonymous?: boolean;
}

const PARTIES: readonly JudgedNode[] = [
  {
    id: 'notary',
    party: 'O=Notary, L=London, C=GB',
    release: '4.8',
    notary: true,
    validating: true,
    keepsRefusals: false,
  },
  // As with a doorman, it notarises by another name than its own.
  {
    id: 'notary-b',
    party: 'O=NotaryB, L=London, C=GB',
    notarisesAs: 'O=NotaryB Service, L=London, C=GB',
    release: '4.10',
    notary: true,
    validating: false,
    keepsRefusals: false,
  },
  { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.8', notary: false, keepsRefusals: false },
  { id: 'party-b', party: 'O=PartyB, L=London, C=GB', release: '4.10', notary: false, keepsRefusals: false },
  { id: 'party-c', party: 'O=PartyC, L=London, C=GB', release: '3.3-corda', notary: false, keepsRefusals: false },
];
const PEERS = PARTIES.filter((node) => !node.notary);
const NOTARIES = PARTIES.filter((node) => node.notary);
/** Other notaries keep no transactions. */
const KEEPERS = PARTIES.filter((node) => !node.notary || node.validating);

/** A network as it should be, imagined for tests: coins are selected, changed and committed as Corda does it. */
export class HonestWorld {
  readonly #journal: JournaledOperation[] = [];
  readonly #known = new Map(KEEPERS.map(({ id }) => [id, new Set<string>()]));
  readonly #logs = new Map(NOTARIES.map(({ id }) => [id, [] as Commit[]]));
  readonly #rows: Row[] = [];
  readonly #purses = new Purses(NOTARIES.map(partyOf));
  #transactions = 0;

  run(commands: Iterable<Command>): this {
    for (const command of commands) this.#obey(command);
    return this;
  }

  /** Everything that a network of nodes can be asked for. */
  views(): Views {
    const ofNode = new Map(PEERS.map(({ id }) => [id, [] as Row[]]));
    for (const row of this.#rows) ofNode.get(row.holder)?.push(row);
    const rowsOf = (id: string): readonly Row[] => ofNode.get(id) ?? [];
    return {
      journal: this.#journal,
      refusals: {},
      killed: [],
      vaults: PEERS.map(({ id }) => ({
        node: id,
        states: rowsOf(id).flatMap(({ state, consumedBy }) => (consumedBy === undefined ? [state] : [])),
      })),
      rows: PEERS.map(({ id, release }) => ({ node: id, rows: rowsOf(id).map((row) => asStored(row, release)) })),
      transactions: KEEPERS.map(({ id }) => ({ node: id, transactions: [...(this.#known.get(id) ?? [])] })),
      notaryLog: NOTARIES.map(({ id }) => ({ node: id, commits: this.#logs.get(id) ?? [] })),
      flows: PARTIES.map(({ id }) => ({ node: id, flows: [], checkpoints: 0 })),
      parties: PARTIES,
    };
  }

  #obey({ kind, from, to, end, anonymous = false, notary = 0, ...money }: Command): void {
    const payer = peer(from);
    if (kind === 'notarise') {
      this.#notarise(payer, notaryOf(notary));
      return;
    }
    const happens = end === 'ok' || end.endsWith('but-done');
    if (kind === 'change-notary') {
      this.#changeNotary({ payer, currency: money.currency, to: notaryOf(notary), end, happens });
      return;
    }
    const payee = kind === 'pay' ? peer(to) : payer;
    const operation: Operation = {
      id: `${kind}-${this.#journal.length}`,
      kind,
      from: payer.id,
      to: payee.id,
      fromRelease: payer.release,
      toRelease: payee.release,
      ...(kind === 'issue' ? { notary: notaryOf(notary).id } : {}),
      ...money,
      by: 'test',
    };
    const transaction = happens ? this.#carryOut({ operation, payer, payee, anonymous }) : undefined;
    this.#journal.push({ operation, end: endOf(end, transaction) });
  }

  #carryOut(move: Omit<Move, 'inputs' | 'transaction'>): string | undefined {
    const { operation, payer, payee } = move;
    if (operation.kind === 'issue') {
      const transaction = this.#transaction([payer]);
      const { amount, currency, notary } = operation;
      const state = { transaction, index: 0, amount, currency, issuer: payer.party, owner: payer.party };
      this.#put(payer, { ...state, notary: partyOf(NOTARIES.find(({ id }) => id === notary)) });
      return transaction;
    }
    const { kind, amount, currency } = operation;
    const inputs = this.#purses.take({ holder: payer.id, currency, amount, ownOnly: kind === 'exit' });
    if (!inputs) return undefined;
    const transaction = this.#transaction([payer, payee]);
    for (const input of inputs) this.#spend(input, transaction);
    this.#makeOutputs({ ...move, inputs, transaction });
    return transaction;
  }

  /** One whole coin. Only its owner sees the transaction. */
  #changeNotary({ payer, currency, to, end, happens }: NotaryChange): void {
    const coin = this.#purses.takeOneNotOf(partyOf(to), { holder: payer.id, currency });
    const { id, release } = payer;
    const operation: Operation = {
      id: `change-notary-${this.#journal.length}`,
      kind: 'change-notary',
      ...{ from: id, to: id, fromRelease: release, toRelease: release, currency, notary: to.id, by: 'test' },
      amount: coin?.state.amount ?? 1,
    };
    if (!coin || !happens) {
      if (coin) this.#purses.put(coin);
      this.#journal.push({ operation, end: endOf(end, undefined) });
      return;
    }
    const transaction = this.#transaction([payer]);
    this.#spend(coin, transaction);
    this.#put(payer, { ...coin.state, transaction, index: 0, notary: partyOf(to) });
    this.#journal.push({ operation, end: endOf(end, transaction) });
  }

  #makeOutputs({ inputs, operation, transaction, payer, payee, anonymous }: Move): void {
    const { kind, currency } = operation;
    let due = operation.amount;
    let index = 0;
    const output = (amount: number, { issuer, notary }: Row['state'], to: JudgedNode): void => {
      const owner = anonymous ? `anonymous ${index}` : to.party;
      if (amount > 0) this.#put(to, { transaction, index: index++, amount, currency, issuer, owner, notary });
    };
    for (const { state } of inputs) {
      const part = Math.min(due, state.amount);
      due -= part;
      if (kind === 'pay') output(part, state, payee);
      output(state.amount - part, state, payer);
    }
  }

  #put({ id, party }: JudgedNode, coin: Row['state']): void {
    const row: Row = { holder: id, isOwn: party === coin.issuer, state: { ...coin, constraint: 'whitelisted' } };
    this.#rows.push(row);
    this.#purses.put(row);
  }

  #notarise(node: JudgedNode, notary: JudgedNode): void {
    const transaction = this.#transaction([node]);
    this.#commit({ transaction, index: 0, notary: partyOf(notary) }, this.#transaction([node]));
  }

  #spend(row: Row, consumedBy: string): void {
    row.consumedBy = consumedBy;
    this.#commit(row.state, consumedBy);
  }

  /** A validating notary has got what the transaction builds upon. */
  #commit({ transaction, index, notary }: Pick<Row['state'], 'transaction' | 'index' | 'notary'>, by: string): void {
    const id = NOTARIES.find((node) => partyOf(node) === notary)?.id ?? '';
    this.#known.get(id)?.add(transaction);
    this.#logs.get(id)?.push({ transaction, index, consumedBy: by });
  }

  #transaction(knownBy: readonly JudgedNode[]): string {
    const transaction = `T${++this.#transactions}`;
    for (const { id } of knownBy) this.#known.get(id)?.add(transaction);
    return transaction;
  }
}

type Commit = Views['notaryLog'][number]['commits'][number];

interface NotaryChange {
  readonly payer: JudgedNode;
  readonly currency: string;
  /** The new notary. */
  readonly to: JudgedNode;
  readonly end: Command['end'];
  readonly happens: boolean;
}

interface Move {
  readonly inputs: readonly Row[];
  readonly operation: Operation;
  readonly transaction: string;
  readonly payer: JudgedNode;
  readonly payee: JudgedNode;
  readonly anonymous: boolean;
}

/** The row of that release's database, which has no later fields. */
function asStored({ state, consumedBy }: Row, release: string): VaultRow {
  const { transaction, index, amount, currency, constraint, notary } = state;
  return {
    transaction,
    index,
    amount,
    currency,
    spent: consumedBy !== undefined,
    notary,
    ...(consumedBy !== undefined && release === '4.10' ? { consumedBy } : {}),
    ...(constraint && release !== '3.3-corda' ? { constraint } : {}),
  };
}

function peer(index: number): JudgedNode {
  const found = PEERS[index % PEERS.length];
  if (!found) throw new Error(`no peer ${index}`);
  return found;
}

function notaryOf(index: number): JudgedNode {
  const found = NOTARIES[index % NOTARIES.length];
  if (!found) throw new Error(`no notary ${index}`);
  return found;
}

/** By which a notary notarises. */
function partyOf(node: JudgedNode | undefined): string {
  return node?.notarisesAs ?? node?.party ?? '';
}

function endOf(end: Command['end'], transaction: string | undefined): JournaledOperation['end'] {
  if (end.startsWith('unknown')) return { result: 'unknown', error: 'no answer' };
  if (end === 'ok' && transaction) return { result: 'ok', transaction };
  return { result: 'failed', error: 'the flow failed' };
}

/** A row in the making: whose it is, and what RPC tells of it while it is unspent. */
interface Row {
  readonly state: CashState & { readonly notary: string };
  readonly holder: string;
  /** Whether its holder issued it. */
  readonly isOwn: boolean;
  consumedBy?: string;
}

/** The amount to take out of the purses of one holder. */
export interface Wanted {
  readonly holder: string;
  readonly currency: string;
  readonly amount: number;
  /** Only what the holder issued itself. */
  readonly ownOnly: boolean;
}

/** Unspent coins of an imagined network, oldest first: apart by notary, since no transaction has inputs of two. */
class Purses {
  readonly #purses = new Map<string, Row[]>();
  readonly #notaries: readonly string[];

  constructor(notaries: readonly string[]) {
    this.#notaries = notaries;
  }

  put(row: Row): void {
    const { holder, state, isOwn } = row;
    this.#purse({ holder, currency: state.currency, isOwn, notary: state.notary }).push(row);
  }

  /** Coins of one notary that cover the amount, the newest first, those of others before one's own. */
  take(wanted: Wanted): readonly Row[] | undefined {
    for (const notary of this.#notaries) {
      const rows = this.#takeOf(wanted, notary);
      if (rows) return rows;
    }
    return undefined;
  }

  /** The newest coin under another notary than this one. */
  takeOneNotOf(notary: string, { holder, currency }: Pick<Wanted, 'holder' | 'currency'>): Row | undefined {
    const others = this.#notaries.filter((other) => other !== notary);
    const purses = others.flatMap((other) =>
      [false, true].map((isOwn) => this.#purse({ holder, currency, isOwn, notary: other })),
    );
    return purses.find((purse) => purse.length > 0)?.pop();
  }

  #takeOf({ holder, currency, amount, ownOnly }: Wanted, notary: string): readonly Row[] | undefined {
    const purses = (ownOnly ? [true] : [false, true]).map((isOwn) => this.#purse({ holder, currency, isOwn, notary }));
    const rows: Row[] = [];
    let gathered = 0;
    for (const purse of purses) {
      while (gathered < amount) {
        const row = purse.pop();
        if (!row) break;
        rows.push(row);
        gathered += row.state.amount;
      }
    }
    if (gathered >= amount) return rows;
    for (const row of rows.reverse()) this.put(row);
    return undefined;
  }

  #purse(place: { holder: string; currency: string; isOwn: boolean; notary: string }): Row[] {
    const key = `${place.holder} ${place.currency} ${place.isOwn} ${place.notary}`;
    const purse = this.#purses.get(key) ?? [];
    this.#purses.set(key, purse);
    return purse;
  }
}
