import type { JournaledOperation } from '../trade/journal.ts';
import { accountKey, effectsOf, SumTable, timesEffect, total, type Sums } from './holdings.ts';
import { group, Unions } from './records.ts';
import type { Trace } from './traces.ts';
import type { Operation } from '../trade/operation.ts';

/** Above so many worlds, the oracle takes a range of sums instead. */
const MOST_WORLDS = 4_096;
/** Above so many kinds of operations at a time, too. */
const MOST_CLASSES = 256;

/**
 * The possible histories. Each trace is one of the operations without an ok, and an operation without a trace did nothing. Open is
 * only which of several operations a trace is. Each assignment is a world. Worlds with the same sums are one.
 */
export interface Worlds {
  /** Sums that are the same in every world. */
  readonly certain: Sums;
  /** Open parts. They are independent: no account is in two of them. */
  readonly branches: readonly Branch[];
  /** Traces that outnumber the operations that may have made them. */
  readonly surplus: readonly Trace[];
}

export interface Branch {
  readonly accounts: ReadonlySet<string>;
  /** At least two; undefined if they are too many. */
  readonly worlds: readonly Sums[] | undefined;
  readonly low: Sums;
  readonly high: Sums;
}

export interface History {
  readonly journal: readonly JournaledOperation[];
  readonly undecided: readonly OperationClass[];
  readonly traces: readonly Trace[];
  /** Whether an operation that moves money must have left a trace at the notary. */
  readonly leavesTraces: boolean;
}

export function worldsOf(history: History): Worlds {
  const knots = knotsOf(history);
  const solved = knots.map((knot) => solve(knot, history.leavesTraces));
  const branches = solved.flatMap(({ branch }) => branch ?? []);
  const certain = [certainSums(history.journal), ...solved.flatMap(({ certain: sums }) => sums ?? [])];
  return { certain: total(certain), branches: join(branches), surplus: solved.flatMap(({ surplus }) => surplus) };
}

function certainSums(journal: readonly JournaledOperation[]): Sums {
  const table = new SumTable();
  for (const { operation, end } of journal) {
    if (end.result === 'ok') for (const effect of effectsOf(operation)) table.add(effect, effect.amount);
  }
  return table.sums;
}

/** Traces that share operations, with those operations. */
interface Knot {
  readonly classes: readonly OperationClass[];
  readonly traces: readonly Trace[];
}

function knotsOf({ undecided, traces, leavesTraces }: History): readonly Knot[] {
  const unions = new Unions<OperationClass>();
  const lists = new Set(traces.map(({ possible }) => possible));
  for (const [first, ...others] of lists) if (first) for (const other of others) unions.unite(other, first);
  const touched = leavesTraces ? new Set([...lists].flat()) : undecided;
  const tracesOf = group(
    traces.flatMap((trace) => (trace.possible[0] ? [{ trace, root: unions.rootOf(trace.possible[0]) }] : [])),
    ({ root, trace }) => [root, trace],
  );
  const classesOf = group(touched, (one) => [unions.rootOf(one), one]);
  return [...classesOf].map(([root, classes]) => ({ classes, traces: tracesOf.get(root) ?? [] }));
}

interface Solved {
  readonly certain?: Sums;
  readonly branch?: Branch;
  readonly surplus: readonly Trace[];
}

/** Tries all assignments of traces to operations. */
function solve(knot: Knot, leavesTraces: boolean): Solved {
  const { classes, traces } = knot;
  if (classes.length > MOST_CLASSES) return { branch: anyOf(classes), surplus: [] };
  const surplus: Trace[] = [];
  const places = new Map(classes.map((one, place) => [one, place]));
  let ways: Ways | undefined = new Map([['', classes.map(() => 0)]]);
  for (const trace of traces) {
    const possible = trace.possible.flatMap((one) => places.get(one) ?? []);
    const next: Ways | undefined = ways && extend(ways, possible, classes);
    if (next?.size === 0) surplus.push(trace);
    else ways = next;
  }
  if (!leavesTraces) ways = ways && withUntraced(ways, classes);
  const worlds = ways && distinct([...ways.values()].map((counts) => sumsOf(classes, counts)));
  if (worlds?.length === 1) return { certain: worlds[0] ?? new Map(), surplus };
  return { branch: worlds ? branchOf(worlds) : anyOf(classes), surplus };
}

/** The number of operations of each class that happened, by those numbers as text. */
type Ways = Map<string, readonly number[]>;

/** One more operation has happened, of one of the possible classes. */
function extend(ways: Ways, possible: readonly number[], classes: readonly OperationClass[]): Ways | undefined {
  const next: Ways = new Map();
  for (const counts of ways.values()) {
    for (const place of possible) {
      const count = (counts[place] ?? 0) + 1;
      if (count > (classes[place]?.operations.length ?? 0)) continue;
      const more = counts.with(place, count);
      next.set(more.join(), more);
      if (next.size > MOST_WORLDS) return undefined;
    }
  }
  return next;
}

/** Any of the other operations may have happened without a trace. */
function withUntraced(ways: Ways, classes: readonly OperationClass[]): Ways | undefined {
  let all: Ways | undefined = ways;
  for (const [place, { operations }] of classes.entries()) {
    for (let times = 0; all && times < operations.length; times++) {
      const more = extend(all, [place], classes);
      all = more && new Map([...all, ...more]);
    }
  }
  return all && all.size <= MOST_WORLDS ? all : undefined;
}

function sumsOf(classes: readonly OperationClass[], counts: readonly number[]): Sums {
  return total(classes.map(({ sample }, place) => timesEffect(sample, counts[place] ?? 0)));
}

/** Worlds with the same sums become one. */
function distinct(worlds: readonly Sums[]): readonly Sums[] {
  return [...new Map(worlds.map((sums) => [JSON.stringify([...sums].sort()), sums])).values()];
}

function branchOf(worlds: readonly Sums[]): Branch {
  const accounts = new Set(worlds.flatMap((sums) => [...sums.keys()]));
  const bound = (pick: (...amounts: number[]) => number): Sums =>
    new Map([...accounts].map((key) => [key, pick(...worlds.map((sums) => sums.get(key) ?? 0))]));
  return { accounts, worlds, low: bound(Math.min), high: bound(Math.max) };
}

/** Too many to try: each may have happened or not. */
function anyOf(classes: readonly OperationClass[]): Branch {
  const [low, high] = [new SumTable(), new SumTable()];
  for (const { sample, operations } of classes) {
    for (const { amount, ...account } of effectsOf(sample)) {
      low.add(account, Math.min(0, amount) * operations.length);
      high.add(account, Math.max(0, amount) * operations.length);
    }
  }
  const accounts = new Set(classes.flatMap(({ sample }) => effectsOf(sample).map(accountKey)));
  return { accounts, worlds: undefined, low: low.sums, high: high.sums };
}

/** Branches that touch the same accounts become one with all their combinations. */
function join(branches: readonly Branch[]): readonly Branch[] {
  const unions = new Unions<string>();
  for (const { accounts } of branches) {
    const [first = '', ...others] = accounts;
    for (const other of others) unions.unite(other, first);
  }
  const groups = group(branches, (branch) => [unions.rootOf([...branch.accounts][0] ?? ''), branch]);
  return [...groups.values()].map((members) => members.reduce(combine));
}

function combine(one: Branch, other: Branch): Branch {
  const accounts = new Set([...one.accounts, ...other.accounts]);
  const isFew = one.worlds && other.worlds && one.worlds.length * other.worlds.length <= MOST_WORLDS;
  const worlds = isFew
    ? distinct(one.worlds.flatMap((sums) => (other.worlds ?? []).map((more) => total([sums, more]))))
    : undefined;
  return { accounts, worlds, low: plus(one.low, other.low), high: plus(one.high, other.high) };
}

function plus(one: Sums, other: Sums): Sums {
  const sums = new Map(one);
  for (const [key, amount] of other) sums.set(key, (sums.get(key) ?? 0) + amount);
  return sums;
}

/** Operations without an ok that cannot be told apart: same payer, payee and amount. */
export interface OperationClass {
  readonly sample: Operation;
  readonly operations: readonly Operation[];
}

/** Operations that may have happened or not, indexed by the known facts of a transaction. */
export class Undecided {
  readonly classes: readonly OperationClass[];
  readonly #byPayer: ReadonlyMap<string, readonly OperationClass[]>;
  readonly #byAmount: ReadonlyMap<string, readonly OperationClass[]>;

  constructor(journal: readonly JournaledOperation[]) {
    const undecided = journal.filter(({ end }) => end.result !== 'ok').map(({ operation }) => operation);
    const classes = group(undecided, (operation) => [keyOf(operation), operation]);
    this.classes = [...classes.values()].flatMap((operations) => {
      const [sample] = operations;
      return sample ? [{ sample, operations }] : [];
    });
    this.#byPayer = group(this.classes, (one) => [one.sample.from, one]);
    this.#byAmount = group(this.classes, (one) => [amountKey({ ...one.sample, amount: changeOf(one.sample) }), one]);
  }

  /** Operations of these payers, each once. */
  of(payers: readonly string[]): readonly OperationClass[] {
    return payers.flatMap((payer) => this.#byPayer.get(payer) ?? []);
  }

  /** Those that would make the holdings of a payer so much more or less. */
  changing(change: { from: string; currency: string; amount: number }): readonly OperationClass[] {
    return this.#byAmount.get(amountKey(change)) ?? [];
  }
}

/** The change of the holdings of the node that asks for an operation. */
function changeOf({ kind, from, to, amount }: Operation): number {
  if (kind === 'issue') return amount;
  return kind === 'change-notary' || (kind === 'pay' && from === to) ? 0 : -amount;
}

function amountKey({ from, currency, amount }: { from: string; currency: string; amount: number }): string {
  return `${from} ${currency} ${amount}`;
}

function keyOf({ kind, from, to, amount, currency }: Operation): string {
  return `${kind} ${from} ${to} ${amount} ${currency}`;
}
