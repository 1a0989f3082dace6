import type { Records, Coin } from './records.ts';
import { Undecided, type OperationClass } from './worlds.ts';
import type { Operation } from '../trade/operation.ts';
import { refOf } from '../trade/views.ts';

/** A cash transaction of an operation without an ok. */
export interface Trace {
  readonly transaction: string;
  /** Operations that may have left it. Traces of the same operations share one list object. */
  readonly possible: readonly OperationClass[];
  /** Whether its amounts are those of an operation. */
  readonly isExact: boolean;
}

/** Traces of operations without an ok, in vaults and at the notary. */
export interface Traces {
  readonly undecided: readonly OperationClass[];
  readonly found: readonly Trace[];
}

/** Up to so many operations are compared one by one with each trace. */
const MOST_CANDIDATES = 1_000;

export function tracesOf(records: Records): Traces {
  const undecided = new Undecided(records.views.journal);
  const lists = new SharedLists();
  const found = unjournaled(records).map((transaction) => {
    const evidence = evidenceOf(records, transaction);
    return { transaction, ...possibleOperations({ records, undecided, evidence, lists }) };
  });
  return { undecided: undecided.classes, found };
}

/** Follows the money both ways from states that are cash. Other states never mix with it. */
function unjournaled(records: Records): readonly string[] {
  const cash = new Set<string>(records.byTransaction.keys());
  for (const { state } of records.held) cash.add(state.transaction);
  for (const { row } of records.rows) cash.add(row.transaction);
  for (const transaction of cash) {
    for (const consumer of records.consumersOf(transaction)) cash.add(consumer);
    for (const input of records.inputsOf(transaction)) cash.add(input.transaction);
  }
  return [...cash].filter((transaction) => !records.byTransaction.has(transaction));
}

interface Question {
  readonly records: Records;
  readonly undecided: Undecided;
  readonly evidence: Evidence;
  readonly lists: SharedLists;
}

function possibleOperations(question: Question): Omit<Trace, 'transaction'> {
  const { records, evidence, lists } = question;
  const candidates = likelyOperations(question);
  if (candidates.length > MOST_CANDIDATES) return { possible: candidates, isExact: true };
  const likely = candidates.filter(({ sample }) => fits(evidence, sample));
  const exact = likely.filter(({ sample }) => fitsExactly(records, evidence, sample));
  if (exact.length > 0) return { possible: lists.shared(exact), isExact: true };
  return { possible: lists.shared(loosely(question)), isExact: false };
}

/** Finds operations by the exact change of the payer's holdings, if that is known: then few of many remain. */
function likelyOperations({ undecided, evidence, lists }: Question): readonly OperationClass[] {
  const { payer, currency, change, askers, spends, received } = evidence;
  if (currency !== undefined && payer !== undefined && change !== undefined) {
    return undecided.changing({ from: payer, currency, amount: change });
  }
  const [[holder, amount] = [undefined, 0], another] = received;
  if (spends === false && currency !== undefined && holder !== undefined && another === undefined) {
    return undecided.changing({ from: holder, currency, amount });
  }
  return lists.remembered(askers.join(' '), () => undecided.of(askers));
}

/** If no operation has the amounts of a transaction, there is a fault: these operations may have made it. */
function loosely({ undecided, evidence, lists }: Question): readonly OperationClass[] {
  const all = lists.remembered(evidence.askers.join(' '), () => undecided.of(evidence.askers));
  return all.slice(0, MOST_CANDIDATES).filter(({ sample }) => fits(evidence, sample));
}

/** Makes equal lists one object, by which traces of the same operations are found. */
class SharedLists {
  readonly #byContent = new Map<string, readonly OperationClass[]>();
  readonly #byName = new Map<string, readonly OperationClass[]>();

  shared(list: readonly OperationClass[]): readonly OperationClass[] {
    return remember(this.#byContent, list.map(({ sample }) => sample.id).join(' '), () => list);
  }

  remembered(name: string, make: () => readonly OperationClass[]): readonly OperationClass[] {
    return remember(this.#byName, name, make);
  }
}

function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** All that vaults and notary tell of a transaction. */
export interface Evidence {
  /** Whether it consumed a state; unknown if no notary was read. */
  readonly spends: boolean | undefined;
  /** Nodes that may have asked for it: if a node knows it, the node that asked does. */
  readonly askers: readonly string[];
  /** Owners of the coins that it consumed. */
  readonly payer: string | undefined;
  readonly currency: string | undefined;
  /** Money that it brought, by vault. */
  readonly received: ReadonlyMap<string, number>;
  /** The change of the payer's holdings, if all states that it consumed and got back are known. */
  readonly change: number | undefined;
}

/** Collects all that vaults and notary tell of a transaction. */
export function evidenceOf(records: Records, transaction: string): Evidence {
  const outputs = records.outputsOf(transaction);
  const inputRefs = records.inputsOf(transaction);
  const inputs = inputRefs.flatMap((ref) => records.coin(refOf(ref)) ?? []);
  const received = new Map<string, number>();
  for (const { holder, amount } of outputs) received.set(holder, (received.get(holder) ?? 0) + amount);
  const payer = inputs[0]?.holder;
  return {
    spends: records.notaryWasRead ? records.committed.has(transaction) : undefined,
    askers: askersOf(records, transaction),
    payer,
    currency: (outputs[0] ?? inputs[0])?.currency,
    received,
    change:
      payer !== undefined && records.isComplete(payer) && inputs.length === inputRefs.length
        ? (received.get(payer) ?? 0) - sum(inputs)
        : undefined,
  };
}

function askersOf(records: Records, transaction: string): readonly string[] {
  const peers = records.views.parties.filter(({ notary }) => !notary).map(({ id }) => id);
  const known = peers.some((id) => records.knows(id, transaction));
  return known ? peers.filter((id) => records.knows(id, transaction) || !records.collected(id)) : peers;
}

/** Whether an operation can have made such a transaction, apart from the amounts. */
export function fits({ spends, askers, payer, currency, received }: Evidence, operation: Operation): boolean {
  const { kind, from, to } = operation;
  return (
    (spends === undefined || spends === (kind !== 'issue')) &&
    askers.includes(from) &&
    (payer === undefined || payer === from) &&
    (currency === undefined || currency === operation.currency) &&
    [...received.keys()].every((holder) => holder === from || holder === to)
  );
}

/**
 * Whether the known amounts are those of this operation. A payment whose coin is in no vault fits: it may be lost.
 */
export function fitsExactly(records: Records, evidence: Evidence, operation: Operation): boolean {
  const { kind, from, to, amount } = operation;
  const got = evidence.received.get(to) ?? 0;
  const isWhole = records.isComplete(to) && got > 0;
  switch (kind) {
    case 'issue':
      return got === amount || got === 0;
    case 'exit':
      return evidence.change === undefined || evidence.change === -amount;
    case 'change-notary':
      return (got === amount || got === 0) && (evidence.change === undefined || evidence.change === 0);
    case 'pay':
      if (from === to) return evidence.change === undefined || evidence.change === 0;
      return (
        (isWhole ? got === amount : got <= amount) && (evidence.change === undefined || evidence.change === -amount)
      );
  }
}

function sum(coins: readonly Coin[]): number {
  return coins.reduce((total, { amount }) => total + amount, 0);
}
