import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { JournalLine, Notarisation, Operation, OperationEnd } from './operation.ts';
import { throwMarked } from '../support/about.ts';
import { absent, appendToDisk, endsWithinLine, readFrom, type AppendToDisk } from '../support/files.ts';

const operation: z.ZodType<Operation> = z.object({
  id: z.string(),
  kind: z.enum(['issue', 'pay', 'exit', 'change-notary']),
  from: z.string(),
  to: z.string(),
  fromRelease: z.string(),
  toRelease: z.string(),
  anonymous: z.boolean().exactOptional(),
  notary: z.string().exactOptional(),
  limitMs: z.int().exactOptional(),
  amount: z.int(),
  currency: z.string(),
  by: z.string(),
});
const end: z.ZodType<OperationEnd> = z.discriminatedUnion('result', [
  z.object({ result: z.literal('ok'), transaction: z.string() }),
  z.object({ result: z.literal('failed'), error: z.string() }),
  z.object({ result: z.literal('unknown'), error: z.string() }),
]);
const notarisation: z.ZodType<Notarisation> = z.object({
  from: z.string(),
  fromRelease: z.string(),
  notary: z.string(),
  notaryRelease: z.string(),
  tookMs: z.number(),
});
const journalLine: z.ZodType<JournalLine> = z.discriminatedUnion('event', [
  z.object({ event: z.literal('invoked'), at: z.string(), operation }),
  z.object({ event: z.literal('ended'), at: z.string(), id: z.string(), end }),
  z.object({ event: z.literal('refused'), at: z.string(), notary: z.string() }),
  z.object({ event: z.literal('notarised'), at: z.string(), notarisation }),
  z.object({ event: z.literal('killed'), at: z.string(), node: z.string() }),
  z.object({ event: z.literal('torn'), at: z.string() }),
]);

/** One operation with its end; one that has none on disk ends `unknown`. */
export interface JournaledOperation {
  readonly operation: Operation;
  readonly end: OperationEnd;
}

export interface JournalContents {
  readonly operations: readonly JournaledOperation[];
  /** How many double spends each notary refused, by its node id. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Ids of nodes that were killed, each once. */
  readonly killed: readonly string[];
  /** Notarisations of null states. */
  readonly notarisations: readonly Notarisation[];
}

/** An operation, by its id, was asked for, or its end became known. */
export interface Turn {
  readonly event: 'begin' | 'end';
  readonly id: string;
}

/**
 * Reads a journal line by line, in the order the operations were invoked. A line that was cut while it was written has no newline,
 * or is followed by a line that says so.
 */
export class JournalReader {
  /** The order of begins and ends, up to the last line read. An operation that begins before another ends was in flight with it. */
  readonly course: Turn[] = [];
  readonly #operations = new Map<string, JournaledOperation>();
  readonly #refusals: Record<string, number> = {};
  readonly #killed = new Set<string>();
  readonly #notarisations: Notarisation[] = [];
  #number = 0;
  /** The fault of the line before, if any. */
  #unreadable: Error | undefined;

  /** @param line whole, without its newline @throws Error naming the line */
  take(line: string): void {
    this.#number++;
    if (line.trim() === '') return;
    const parsed = parseLine(line, this.#number);
    const wasTorn = !(parsed instanceof Error) && parsed.event === 'torn';
    if (this.#unreadable && !wasTorn) throw this.#unreadable;
    this.#unreadable = undefined;
    if (parsed instanceof Error) this.#unreadable = parsed;
    else this.#add(parsed);
  }

  /** @throws Error naming the last line, where that is no journal line */
  contents(): JournalContents {
    if (this.#unreadable) throw this.#unreadable;
    const [refusals, notarisations] = [{ ...this.#refusals }, [...this.#notarisations]];
    return { operations: [...this.#operations.values()], refusals, killed: [...this.#killed], notarisations };
  }

  #add(line: JournalLine): void {
    switch (line.event) {
      case 'torn':
        return;
      case 'refused':
        this.#refusals[line.notary] = (this.#refusals[line.notary] ?? 0) + 1;
        return;
      case 'killed':
        this.#killed.add(line.node);
        return;
      case 'notarised':
        this.#notarisations.push(line.notarisation);
        return;
      case 'invoked':
        this.#invoke(line.operation);
        return;
      case 'ended':
        this.#end(line.id, line.end);
    }
  }

  #invoke(operation: Operation): void {
    if (this.#operations.has(operation.id)) throw corrupt(this.#number, `operation ${operation.id} is invoked twice`);
    this.#operations.set(operation.id, { operation, end: NO_END });
    this.course.push({ event: 'begin', id: operation.id });
  }

  #end(id: string, end: OperationEnd): void {
    const known = this.#operations.get(id);
    if (!known) throw corrupt(this.#number, `operation ${id} ends but was never invoked`);
    if (known.end !== NO_END) throw corrupt(this.#number, `operation ${id} ends twice`);
    this.#operations.set(id, { ...known, end });
    this.course.push({ event: 'end', id });
  }
}

const NO_END: OperationEnd = { result: 'unknown', error: 'the journal has no end of it' };

function parseLine(line: string, number: number): JournalLine | Error {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return corrupt(number, 'not JSON', { cause });
  }
  const parsed = journalLine.safeParse(value);
  return parsed.success ? parsed.data : corrupt(number, z.prettifyError(parsed.error), { cause: parsed.error });
}

function corrupt(number: number, why: string, options?: ErrorOptions): Error {
  return new Error(`line ${number} of the journal cannot be trusted: ${why}`, options);
}

/** What it has not kept, the oracle will miss. */
const OF_JOURNAL = { about: 'harness', goesOn: true } as const;

/**
 * The cell's journal of operations. What a method has resolved for is on the disk: it outlives the worker, and the
 * machine. Several writers may follow each other, also after one that was killed while it wrote.
 */
export class Journal {
  readonly path: string;
  readonly #batches: Batches;
  #isOpened = false;
  readonly #tail: JournalTail;

  constructor(path: string, append: AppendToDisk = appendToDisk) {
    this.path = path;
    this.#tail = new JournalTail(path);
    this.#batches = new Batches((lines) => this.#write(lines, append));
  }

  /** Await it before the operation starts. */
  invoked(operation: Operation): Promise<void> {
    return this.#add({ event: 'invoked', at: new Date().toISOString(), operation });
  }

  /** Await it before the result is returned. */
  ended(id: string, end: OperationEnd): Promise<void> {
    return this.#add({ event: 'ended', at: new Date().toISOString(), id, end });
  }

  refused(notary: string): Promise<void> {
    return this.#add({ event: 'refused', at: new Date().toISOString(), notary });
  }

  killed(node: string): Promise<void> {
    return this.#add({ event: 'killed', at: new Date().toISOString(), node });
  }

  /** A notarisation of a null state. */
  notarised(notarisation: Notarisation): Promise<void> {
    return this.#add({ event: 'notarised', at: new Date().toISOString(), notarisation });
  }

  /** All operations of the cell so far, of all suites. @throws Error if the journal cannot be trusted */
  async read(): Promise<JournalContents> {
    return await this.#tail.read().catch(throwMarked(OF_JOURNAL));
  }

  #add(line: JournalLine): Promise<void> {
    return this.#batches.add(`${JSON.stringify(line)}\n`).catch(throwMarked(OF_JOURNAL));
  }

  async #write(lines: readonly string[], append: AppendToDisk): Promise<void> {
    const torn = !this.#isOpened && (await endsWithinLine(this.path)) ? tornLine() : '';
    // A write that fails may leave a part of a line.
    this.#isOpened = false;
    await append(this.path, torn + lines.join(''));
    this.#isOpened = true;
  }
}

/** Ends what a writer left that was killed, and says so: a journal is only ever appended to. */
function tornLine(): string {
  const line: JournalLine = { event: 'torn', at: new Date().toISOString() };
  return `\n${JSON.stringify(line)}\n`;
}

/** Reads a journal that grows: each time only the lines that are new. */
class JournalTail {
  readonly #path: string;
  #reader = new JournalReader();
  /** Bytes of the lines that were read. */
  #bytes = 0;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** One reader after the other, or two would take the same lines. */
  read(): Promise<JournalContents> {
    const next = this.#reading.then(() => this.#readNew());
    this.#reading = next.catch(() => undefined);
    return next;
  }

  async #readNew(): Promise<JournalContents> {
    const { size } = await stat(this.#path).catch(absent({ size: 0 }));
    // Shorter than before, it is another journal.
    if (size < this.#bytes) this.#forget();
    const added = await readFrom(this.#path, this.#bytes);
    const whole = added.subarray(0, added.lastIndexOf('\n') + 1);
    try {
      for (const line of linesIn(whole)) this.#reader.take(line);
    } catch (error) {
      // Read anew, it fails again.
      this.#forget();
      throw error;
    }
    this.#bytes += whole.length;
    return this.#reader.contents();
  }

  #forget(): void {
    this.#reader = new JournalReader();
    this.#bytes = 0;
  }
}

function linesIn(whole: Buffer): readonly string[] {
  return whole.toString('utf8').split('\n').slice(0, -1);
}

/**
 * Writes lines in batches: what is given while one batch is being written makes the next. So each line waits for two
 * writes at most, however many there are.
 */
export class Batches {
  readonly #write: (lines: readonly string[]) => Promise<void>;
  #next: string[] = [];
  #nextIsWritten: Promise<void> | undefined;
  #lastIsWritten: Promise<void> = Promise.resolve();

  constructor(write: (lines: readonly string[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the line is written; rejects, with all of its batch, when that fails. */
  add(line: string): Promise<void> {
    this.#next.push(line);
    this.#nextIsWritten ??= this.#writeNext();
    return this.#nextIsWritten;
  }

  async #writeNext(): Promise<void> {
    // A batch that failed is its own callers' business: the next one is written all the same.
    await this.#lastIsWritten.catch(() => undefined);
    const lines = this.#next;
    this.#next = [];
    this.#lastIsWritten = this.#write(lines);
    this.#nextIsWritten = undefined;
    await this.#lastIsWritten;
  }
}
