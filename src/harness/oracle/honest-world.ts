import type { CashState, VaultRow } from '../domain/driver-api.ts';
import type { Operation } from '../domain/operation.ts';
import type { JournaledOperation } from './journal.ts';
import type { JudgedNode, Views } from './records.ts';

/** What a test asks the imagined network to do. */
export interface Command {
  readonly kind: 'issue' | 'pay' | 'exit' | 'notarise';
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  readonly currency: string;
  /** How the caller is answered, and whether it happened all the same. */
  readonly end: 'ok' | 'failed' | 'failed-but-done' | 'unknown' | 'unknown-but-done';
  /** Paid to a key that nobody but its owner knows. */
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
  { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.8', notary: false, keepsRefusals: false },
  { id: 'party-b', party: 'O=PartyB, L=London, C=GB', release: '4.10', notary: false, keepsRefusals: false },
  { id: 'party-c', party: 'O=PartyC, L=London, C=GB', release: '3.3-corda', notary: false, keepsRefusals: false },
];
const PEERS = PARTIES.filter((node) => !node.notary);

/** A row in the making: whose it is, and what RPC tells of it while it is unspent. */
interface Row {
  readonly state: CashState;
  readonly holder: string;
  consumedBy?: string;
}

/** A network as it should be, imagined for tests: coins are selected, changed and committed as Corda does it. */
export class HonestWorld {
  readonly #journal: JournaledOperation[] = [];
  readonly #known = new Map(PARTIES.map(({ id }) => [id, new Set<string>()]));
  readonly #commits: { transaction: string; index: number; consumedBy: string }[] = [];
  readonly #rows: Row[] = [];
  /** Unspent coins, oldest first. */
  readonly #purses = new Map<string, Row[]>();
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
      vaults: PEERS.map(({ id }) => ({
        node: id,
        states: rowsOf(id).flatMap(({ state, consumedBy }) => (consumedBy === undefined ? [state] : [])),
      })),
      rows: PEERS.map(({ id, release }) => ({ node: id, rows: rowsOf(id).map((row) => asStored(row, release)) })),
      transactions: PARTIES.map(({ id }) => ({ node: id, transactions: [...(this.#known.get(id) ?? [])] })),
      notaryLog: [{ node: 'notary', commits: this.#commits }],
      flows: PARTIES.map(({ id }) => ({ node: id, flows: [], checkpoints: 0 })),
      parties: PARTIES,
    };
  }

  #obey({ kind, from, to, end, anonymous = false, ...money }: Command): void {
    const payer = peer(from);
    if (kind === 'notarise') {
      this.#notarise(payer);
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
      ...money,
      by: 'test',
    };
    const happens = end === 'ok' || end.endsWith('but-done');
    const transaction = happens ? this.#carryOut({ operation, payer, payee, anonymous }) : undefined;
    this.#journal.push({ operation, end: endOf(end, transaction) });
  }

  #carryOut(move: Omit<Move, 'inputs' | 'transaction'>): string | undefined {
    const { operation, payer, payee } = move;
    if (operation.kind === 'issue') {
      const transaction = this.#transaction([payer]);
      const { amount, currency } = operation;
      this.#put(payer, { transaction, index: 0, amount, currency, issuer: payer.party, owner: payer.party });
      return transaction;
    }
    const inputs = this.#select(operation, payer);
    if (!inputs) return undefined;
    const transaction = this.#transaction([payer, payee]);
    for (const input of inputs) this.#spend(input, transaction);
    this.#makeOutputs({ ...move, inputs, transaction });
    return transaction;
  }

  /** Takes coins that cover the amount, the newest first; an exit takes only what the party issued itself. */
  #select({ kind, amount, currency }: Operation, { id }: JudgedNode): readonly Row[] | undefined {
    const own = this.#purse(id, currency, true);
    const purses = kind === 'exit' ? [own] : [this.#purse(id, currency, false), own];
    const inputs: Row[] = [];
    let gathered = 0;
    for (const purse of purses) {
      while (gathered < amount) {
        const row = purse.pop();
        if (!row) break;
        inputs.push(row);
        gathered += row.state.amount;
      }
    }
    if (gathered >= amount) return inputs;
    for (const row of inputs.reverse()) this.#purseOf(row).push(row);
    return undefined;
  }

  #makeOutputs({ inputs, operation, transaction, payer, payee, anonymous }: Move): void {
    const { kind, currency } = operation;
    let due = operation.amount;
    let index = 0;
    const output = (amount: number, issuer: string, to: JudgedNode): void => {
      const owner = anonymous ? `anonymous ${index}` : to.party;
      if (amount > 0) this.#put(to, { transaction, index: index++, amount, currency, issuer, owner });
    };
    for (const { state } of inputs) {
      const part = Math.min(due, state.amount);
      due -= part;
      if (kind === 'pay') output(part, state.issuer, payee);
      output(state.amount - part, state.issuer, payer);
    }
  }

  #put({ id }: JudgedNode, coin: CashState): void {
    const row: Row = { holder: id, state: { ...coin, constraint: 'whitelisted' } };
    this.#rows.push(row);
    this.#purseOf(row).push(row);
  }

  #purseOf({ holder, state }: Row): Row[] {
    const isOwn = PARTIES.find(({ id }) => id === holder)?.party === state.issuer;
    return this.#purse(holder, state.currency, isOwn);
  }

  /** Apart from each other: what a party issued itself, and what others did. */
  #purse(holder: string, currency: string, isOwn: boolean): Row[] {
    const key = `${holder} ${currency} ${isOwn}`;
    const purse = this.#purses.get(key) ?? [];
    this.#purses.set(key, purse);
    return purse;
  }

  #notarise(node: JudgedNode): void {
    const transaction = this.#transaction([node]);
    this.#commit({ transaction, index: 0 }, this.#transaction([node]));
  }

  #spend(row: Row, consumedBy: string): void {
    row.consumedBy = consumedBy;
    this.#commit(row.state, consumedBy);
  }

  /** The notary has got what the transaction builds upon. */
  #commit({ transaction, index }: { transaction: string; index: number }, consumedBy: string): void {
    this.#known.get('notary')?.add(transaction);
    this.#commits.push({ transaction, index, consumedBy });
  }

  #transaction(knownBy: readonly JudgedNode[]): string {
    const transaction = `T${++this.#transactions}`;
    for (const { id } of knownBy) this.#known.get(id)?.add(transaction);
    return transaction;
  }
}

interface Move {
  readonly inputs: readonly Row[];
  readonly operation: Operation;
  readonly transaction: string;
  readonly payer: JudgedNode;
  readonly payee: JudgedNode;
  readonly anonymous: boolean;
}

/** As the database of that release has it: none stores what came later. */
function asStored({ state, consumedBy }: Row, release: string): VaultRow {
  const { transaction, index, amount, currency, constraint } = state;
  return {
    transaction,
    index,
    amount,
    currency,
    spent: consumedBy !== undefined,
    ...(consumedBy !== undefined && release === '4.10' ? { consumedBy } : {}),
    ...(constraint && release !== '3.3-corda' ? { constraint } : {}),
  };
}

function peer(index: number): JudgedNode {
  const found = PEERS[index % PEERS.length];
  if (!found) throw new Error(`no peer ${index}`);
  return found;
}

function endOf(end: Command['end'], transaction: string | undefined): JournaledOperation['end'] {
  if (end.startsWith('unknown')) return { result: 'unknown', error: 'no answer' };
  if (end === 'ok' && transaction) return { result: 'ok', transaction };
  return { result: 'failed', error: 'the flow failed' };
}
