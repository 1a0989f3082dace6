import { evidenceOf, fits, fitsExactly, type Evidence } from './evidence.ts';
import type { Records } from './records.ts';
import { Undecided, type OperationClass } from './undecided.ts';

/** A cash transaction that no ok tells of. */
export interface Trace {
  readonly transaction: string;
  /** What it may be the trace of. Traces of the same operations share the very same list. */
  readonly possible: readonly OperationClass[];
  /** Whether the amounts are those of an operation that was asked for. */
  readonly isExact: boolean;
}

/** What operations without an ok left behind, in vaults and at the notary. */
export interface Traces {
  readonly undecided: readonly OperationClass[];
  readonly found: readonly Trace[];
}

/** More operations than so many are not looked at one by one for each trace. */
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

/** Follows the money from what is known to be cash, both ways; other states never touch it. */
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

/** By the exact change of the payer's holdings where that is known: then it is a handful, however many there are. */
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

/** Where no operation has the amounts of a transaction, something is wrong: this says which ones it may concern. */
function loosely({ undecided, evidence, lists }: Question): readonly OperationClass[] {
  const all = lists.remembered(evidence.askers.join(' '), () => undecided.of(evidence.askers));
  return all.slice(0, MOST_CANDIDATES).filter(({ sample }) => fits(evidence, sample));
}

/** Equal lists become one, so that traces of the same operations are known by it. */
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
