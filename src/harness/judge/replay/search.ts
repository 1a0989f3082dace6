import { canShow, type FailureClass } from './failure-class.ts';
import { meaningful, type Chosen, type History } from './history.ts';

/** The result of a history on a network of its own, or the reason why there is none. */
export type Answer = { readonly classes: readonly FailureClass[] } | { readonly why: string };

export interface SearchOptions {
  readonly history: History;
  /** Failures of the run, at least one. The search shrinks the first one that comes back. */
  readonly failures: readonly FailureClass[];
  /** Histories that may be carried out. */
  readonly tries: number;
  /** Never rejects. @param number of the try, from 1 */
  readonly carryOut: (operations: Chosen, number: number) => Promise<Answer>;
}

/** One history that was carried out. */
export interface Try {
  readonly number: number;
  readonly operations: Chosen;
  readonly answer: Answer;
}

export interface Found {
  /** `gone`: a replay of all operations had no failure. `unknown`: no replay of all operations came to its end. */
  readonly result: 'came-back' | 'gone' | 'unknown';
  /** The failure that came back. */
  readonly failure?: FailureClass;
  /** The try with the fewest operations that showed it. */
  readonly smallest?: Try;
  /** On how many networks the operations of the smallest one were carried out, the run's own included, … */
  readonly looked: number;
  /** … and on how many of them it failed. */
  readonly seen: number;
  readonly tries: readonly Try[];
  /** Why there was no further try, where one was wanted. */
  readonly stopped?: string;
}

/**
 * Looks whether a failure comes back, and with how few operations. The first try is the first operation that failed, with the money
 * that it needs: most failures are of one direction and need no more. Where that is fine, all is carried out as it was. Every try
 * has a network of its own: what a node has seen before is what some failures depend on.
 */
export async function search(options: SearchOptions): Promise<Found> {
  const { failures, history } = options;
  const tries = new Tries(options);
  const whole = new Set(history.entries.map(({ operation }) => operation.id));
  const part = failingPart(history, failures[0]);
  const first = part.size < whole.size ? await tries.cameBack(part, failures) : undefined;
  const failure = first ?? (await tries.cameBack(whole, failures));
  if (failure === undefined || failure === 'unknown') return tries.found(failure === 'unknown' ? 'unknown' : 'gone');
  const start = first ? part : await smallerStart(tries, { history, whole, failure });
  await ddmin([...start], {
    close: (some) => inOrder(history, meaningful(history, new Set(some))),
    fails: (some) => tries.fails(new Set(some), failure),
  });
  return tries.found('came-back', failure);
}

/** Where another failure came back than the first one, or that one with more: what is about it, then all that is. */
async function smallerStart(
  tries: Tries,
  { history, whole, failure }: { readonly history: History; readonly whole: Chosen; readonly failure: FailureClass },
): Promise<Chosen> {
  const all = meaningful(history, new Set(failure.suspects));
  for (const part of [failingPart(history, failure), all]) {
    if (part.size > 0 && part.size < whole.size && (await tries.fails(part, failure)) === true) return part;
  }
  return whole;
}

function failingPart(history: History, failure: FailureClass | undefined): Chosen {
  const [suspect] = failure?.suspects ?? [];
  return suspect === undefined
    ? new Set(history.entries.map(({ operation }) => operation.id))
    : meaningful(history, new Set([suspect]));
}

function inOrder({ entries }: History, chosen: Chosen): readonly string[] {
  return entries.map(({ operation }) => operation.id).filter((id) => chosen.has(id));
}

/** The tries so far; what was tried is not tried again. */
class Tries {
  readonly #options: SearchOptions;
  readonly #tries: Try[] = [];
  #stopped: string | undefined;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** The first of the failures that came back; undefined if none came back. */
  async cameBack(operations: Chosen, failures: readonly FailureClass[]): Promise<FailureClass | 'unknown' | undefined> {
    const answer = await this.#answer(operations);
    return answer && !('why' in answer) ? failures.find(({ key }) => shows(answer, key)) : 'unknown';
  }

  /** Undefined if no try is left to tell. */
  async fails(operations: Chosen, failure: FailureClass): Promise<boolean | undefined> {
    if (!canShow(failure, this.#operations(operations))) return false;
    const found = await this.cameBack(operations, [failure]);
    return found === 'unknown' ? undefined : found !== undefined;
  }

  found(result: Found['result'], failure?: FailureClass): Found {
    const tries = [...this.#tries];
    const failed = failure ? tries.filter(({ answer }) => shows(answer, failure.key)) : [];
    const [smallest] = failed.sort((a, b) => a.operations.size - b.operations.size);
    const looked = tries.filter(({ operations, answer }) => !('why' in answer) && isWithin(smallest, operations));
    return {
      result,
      ...(failure ? { failure } : {}),
      ...(smallest ? { smallest } : {}),
      looked: 1 + looked.length,
      seen: 1 + looked.filter(({ answer }) => failure && shows(answer, failure.key)).length,
      tries,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
    };
  }

  async #answer(operations: Chosen): Promise<Answer | undefined> {
    const known = this.#tries.find((one) => one.operations.size === operations.size && isWithin(one, operations));
    if (known) return known.answer;
    if (this.#stopped !== undefined) return undefined;
    if (this.#tries.length >= this.#options.tries) {
      this.#stopped = `${this.#options.tries} of ${this.#options.tries} tries used`;
      return undefined;
    }
    const number = this.#tries.length + 1;
    const answer = await this.#options.carryOut(operations, number);
    this.#tries.push({ number, operations, answer });
    if ('why' in answer) this.#stopped = answer.why;
    return answer;
  }

  #operations(chosen: Chosen) {
    return this.#options.history.entries.flatMap(({ operation }) => (chosen.has(operation.id) ? [operation] : []));
  }
}

function shows(answer: Answer, key: string): boolean {
  return 'classes' in answer && answer.classes.some((failure) => failure.key === key);
}

function isWithin(one: Try | undefined, operations: Chosen): boolean {
  return one === undefined || [...one.operations].every((id) => operations.has(id));
}

/** The functions by which `ddmin` chooses parts. */
export interface Parts<T> {
  /** A part with what it cannot do without; never smaller. */
  readonly close: (part: readonly T[]) => readonly T[];
  /** Whether a part still fails. Undefined if no try is left to tell: then `ddmin` returns the smallest part so far. */
  readonly fails: (part: readonly T[]) => Promise<boolean | undefined>;
}

/**
 * Delta debugging (Zeller's ddmin): the smallest part of something that fails which halving finds. To its end, and if whatever
 * contains a failing part fails as well, no single item can be left out of what is returned: without it, and without what
 * cannot do without it, it no longer fails.
 * @param whole known to fail, and closed
 */
export async function ddmin<T>(whole: readonly T[], parts: Parts<T>): Promise<readonly T[]> {
  let current = whole;
  let pieces = 2;
  while (current.length > 1) {
    const smaller = await firstFailing(current, { pieces: Math.min(pieces, current.length), ...parts });
    if (smaller === 'unknown') return current;
    if (smaller) {
      pieces = Math.max(2, smaller.isPiece ? 2 : pieces - 1);
      current = smaller.part;
    } else if (pieces >= current.length) {
      return current;
    } else {
      pieces = Math.min(2 * pieces, current.length);
    }
  }
  return current;
}

interface Smaller<T> {
  readonly part: readonly T[];
  readonly isPiece: boolean;
}

/** The first of the pieces, then of what is left without each, that is smaller and still fails. */
async function firstFailing<T>(
  current: readonly T[],
  { pieces, close, fails }: Parts<T> & { readonly pieces: number },
): Promise<Smaller<T> | 'unknown' | undefined> {
  const cut = split(current, pieces);
  const candidates = [
    ...cut.map((piece) => ({ part: close(piece), isPiece: true })),
    ...cut.map((piece) => ({ part: close(without(current, piece)), isPiece: false })),
  ];
  for (const candidate of candidates) {
    if (candidate.part.length === 0 || candidate.part.length >= current.length) continue;
    const failed = await fails(candidate.part);
    if (failed === undefined) return 'unknown';
    if (failed) return candidate;
  }
  return undefined;
}

function without<T>(items: readonly T[], piece: readonly T[]): readonly T[] {
  const left = new Set(piece);
  return items.filter((item) => !left.has(item));
}

/** As even as it goes; never an empty one. */
function split<T>(items: readonly T[], pieces: number): readonly (readonly T[])[] {
  return Array.from({ length: pieces }, (_, index) =>
    items.slice(Math.floor((index * items.length) / pieces), Math.floor(((index + 1) * items.length) / pieces)),
  );
}
