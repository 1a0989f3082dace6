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
