const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * Lines of a log, each of which begins with its time. A log that is asked for again from a second on repeats what was read
 * already: such lines are left out, by their time and by how many of that same time there were.
 */
export class TimedLines {
  /** Of the last line that was given on. */
  #last = '';
  /** Lines of that time that were given on. */
  #count = 0;
  /** Lines of that time that the present reading has repeated. */
  #repeated = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** A reading begins. @returns the time to ask from, in whole seconds; `undefined` for all */
  begin(): string | undefined {
    this.#repeated = 0;
    this.#rest = Buffer.alloc(0);
    return this.#last === '' ? undefined : this.#last.replace(/\.\d+/, '');
  }

  /** @returns what is new, without the times */
  take(chunk: Buffer): Buffer {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const fresh: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      fresh.push(this.#freshPart(bytes.subarray(start, end + 1)));
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
    return Buffer.concat(fresh);
  }

  /** The reading came to its end: a last line may lack its own. */
  end(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length > 0 ? this.#freshPart(rest) : rest;
  }

  #freshPart(line: Buffer): Buffer {
    const space = line.indexOf(SPACE);
    const time = line.toString('latin1', 0, Math.max(space, 0));
    // The cluster's own words in place of a log that it does not have any more.
    if (!/^\d{4}-/.test(time)) return Buffer.alloc(0);
    const order = this.#last === '' ? 1 : compareTimes(time, this.#last);
    if (order < 0) return Buffer.alloc(0);
    if (order === 0) {
      this.#repeated += 1;
      if (this.#repeated <= this.#count) return Buffer.alloc(0);
      this.#count += 1;
    } else {
      this.#last = time;
      this.#count = 1;
      this.#repeated = 1;
    }
    return line.subarray(space + 1);
  }
}

/** `2026-11-23T10:00:00.12Z`: zeros at the end of fractions are not written. */
function compareTimes(a: string, b: string): number {
  const padded = (time: string): string => {
    const [whole = '', fraction = ''] = time.replace(/(Z|[+-]\d\d:\d\d)$/, '').split('.');
    return `${whole}.${fraction.padEnd(9, '0')}`;
  };
  const [one, two] = [padded(a), padded(b)];
  return one < two ? -1 : one > two ? 1 : 0;
}
