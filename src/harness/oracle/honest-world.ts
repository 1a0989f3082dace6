import type { CashState } from '../domain/driver-api.ts';
import type { Operation } from '../domain/operation.ts';
import type { JournaledOperation } from './journal.ts';
import type { JudgedNode, Views } from './records.ts';
import { refOf } from './records.ts';

/** What a test asks the imagined network to do. */
export interface Command {
  readonly kind: 'issue' | 'pay' | 'exit' | 'notarise';
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  readonly currency: string;
  /** How the caller is answered, and whether it happened all the same. */
  readonly end: 'ok' | 'failed' | 'failed-but-done' | 'unknown' | 'unknown-but-done';
}

const PARTIES: readonly JudgedNode[] = [
  { id: 'notary', party: 'O=Notary, L=London, C=GB', release: '4.8', notary: true, keepsRefusals: false },
  { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.8', notary: false, keepsRefusals: false },
  { id: 'party-b', party: 'O=PartyB, L=London, C=GB', release: '4.10', notary: false, keepsRefusals: false },
  { id: 'party-c', party: 'O=PartyC, L=London, C=GB', release: '3.3-corda', notary: false, keepsRefusals: false },
];
const PEERS = PARTIES.filter((node) => !node.notary);

/** A network as it should be, imagined for tests: coins are selected, changed and committed as Corda does it. */
export class HonestWorld {
  readonly #journal: JournaledOperation[] = [];
  readonly #known = new Map(PEERS.map(({ id }) => [id, new Set<string>()]));
  readonly #commits: { transaction: string; index: number; consumedBy: string }[] = [];
  #coins: CashState[] = [];
  #transactions = 0;

  run(commands: readonly Command[]): this {
    for (const command of commands) this.#obey(command);
    return this;
  }

  views(): Views {
    return {
      journal: this.#journal,
      refusals: {},
      vaults: PEERS.map(({ id, party }) => ({
        node: id,
        states: this.#coins.filter((coin) => coin.owner === party),
      })),
      transactions: PEERS.map(({ id }) => ({ node: id, transactions: [...(this.#known.get(id) ?? [])] })),
      notaryLog: [{ node: 'notary', commits: this.#commits }],
      flows: PARTIES.map(({ id }) => ({ node: id, flows: [], checkpoints: 0 })),
      parties: PARTIES,
    };
  }

  #obey({ kind, from, to, end, ...money }: Command): void {
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
    const transaction = happens ? this.#carryOut(operation, payer, payee) : undefined;
    this.#journal.push({ operation, end: endOf(end, transaction) });
  }

  #carryOut(operation: Operation, payer: JudgedNode, payee: JudgedNode): string | undefined {
    if (operation.kind === 'issue') {
      const transaction = this.#transaction([payer]);
      const { amount, currency } = operation;
      this.#coins.push({ transaction, index: 0, amount, currency, issuer: payer.party, owner: payer.party });
      return transaction;
    }
    const inputs = this.#select(operation, payer);
    if (!inputs) return undefined;
    const transaction = this.#transaction([payer, payee]);
    this.#spend(inputs, transaction);
    this.#makeOutputs({ inputs, operation, transaction, payer, payee });
    return transaction;
  }

  /** Coins that cover the amount; an exit takes only what the party issued itself. */
  #select({ kind, amount, currency }: Operation, payer: JudgedNode): readonly CashState[] | undefined {
    const own = this.#coins.filter(
      (coin) =>
        coin.owner === payer.party && coin.currency === currency && (kind === 'pay' || coin.issuer === payer.party),
    );
    let gathered = 0;
    const inputs = own.filter((coin) => {
      const needed = gathered < amount;
      if (needed) gathered += coin.amount;
      return needed;
    });
    return gathered >= amount ? inputs : undefined;
  }

  #makeOutputs(move: {
    inputs: readonly CashState[];
    operation: Operation;
    transaction: string;
    payer: JudgedNode;
    payee: JudgedNode;
  }): void {
    const { inputs, operation, transaction, payer, payee } = move;
    const { kind, currency } = operation;
    let due = operation.amount;
    let index = 0;
    const output = (amount: number, issuer: string, owner: string): void => {
      if (amount > 0) this.#coins.push({ transaction, index: index++, amount, currency, issuer, owner });
    };
    for (const { amount, issuer } of inputs) {
      const part = Math.min(due, amount);
      due -= part;
      if (kind === 'pay') output(part, issuer, payee.party);
      output(amount - part, issuer, payer.party);
    }
  }

  #notarise(node: JudgedNode): void {
    const issued = this.#transaction([node]);
    const spent = this.#transaction([node]);
    this.#commits.push({ transaction: issued, index: 0, consumedBy: spent });
  }

  #spend(inputs: readonly CashState[], consumedBy: string): void {
    const refs = new Set(inputs.map(refOf));
    this.#coins = this.#coins.filter((coin) => !refs.has(refOf(coin)));
    for (const { transaction, index } of inputs) this.#commits.push({ transaction, index, consumedBy });
  }

  #transaction(knownBy: readonly JudgedNode[]): string {
    const transaction = `T${++this.#transactions}`;
    for (const { id } of knownBy) this.#known.get(id)?.add(transaction);
    return transaction;
  }
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
