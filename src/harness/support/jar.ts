import { open, type FileHandle } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import yauzl from 'yauzl';
import { messageOf } from './words.ts';

/** An open jar. */
export interface Jar {
  /** Names of its files, in zip order. */
  readonly names: readonly string[];
  /** A file's bytes; undefined if there is none of that name. */
  read(name: string): Promise<Buffer | undefined>;
  /** A file's bytes as a stream. @throws Error where there is none of that name */
  stream(name: string): Promise<Readable>;
}

/** The file is no zip file; `found` says what it is instead, for use within a sentence. */
export class NotAJar extends Error {
  readonly found: string;

  constructor(file: string, found: string, options?: ErrorOptions) {
    super(`${file} is not a jar: ${found}`, options);
    this.name = 'NotAJar';
    this.found = found;
  }
}

/**
 * Opens a jar for the time of `work`.
 * @throws NotAJar; the system's error for a file that is missing or cannot be read
 */
export async function withJar<T>(file: string, work: (jar: Jar) => Promise<T>): Promise<T> {
  const handle = await open(file);
  try {
    return await work(await readJar(file, handle));
  } finally {
    await handle.close();
  }
}

async function readJar(file: string, handle: FileHandle): Promise<Jar> {
  const { size } = await handle.stat();
  try {
    const prefix = await prefixLength(handle, size);
    const options = { autoClose: false };
    const zip = await yauzl.fromRandomAccessReaderPromise(new ZipPart(handle, prefix), size - prefix, options);
    const entries = new Map<string, yauzl.Entry>();
    for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry);
    const stream = async (name: string): Promise<Readable> => {
      const entry = entries.get(name);
      if (!entry) throw new Error(`${file} has no ${name}`);
      return zip.openReadStreamPromise(entry);
    };
    const read = async (name: string) => (entries.has(name) ? buffer(await stream(name)) : undefined);
    return { names: [...entries.keys()], read, stream };
  } catch (cause) {
    throw new NotAJar(file, await describeStart(handle, size, cause), { cause });
  }
}

const END_SIGNATURE = 0x06054b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
const CHUNK = 1 << 18;

/**
 * Bytes before the zip file: a 3.x capsule starts with a line of shell, and its offsets do not count it,
 * which zip readers but Java's take amiss. Found as the difference between where the directory is and where it says it is.
 */
async function prefixLength(handle: FileHandle, size: number): Promise<number> {
  const tail = Buffer.alloc(Math.min(size, END_LENGTH + LONGEST_COMMENT));
  await handle.read(tail, 0, tail.length, size - tail.length);
  for (let at = tail.length - END_LENGTH; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    const length = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    // A zip64 directory is elsewhere; capsules are far from that size.
    const prefix = offset === 0xffffffff ? 0 : size - tail.length + at - length - offset;
    return Math.max(prefix, 0);
  }
  return 0;
}

/** The part of a file that is a zip file. */
class ZipPart extends yauzl.RandomAccessReader {
  readonly #handle: FileHandle;
  readonly #prefix: number;

  constructor(handle: FileHandle, prefix: number) {
    super();
    this.#handle = handle;
    this.#prefix = prefix;
  }

  /** No `createReadStream`: destroying one closes the file under the others. */
  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start + this.#prefix, end + this.#prefix), { objectMode: false });
  }

  override read(
    bytes: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (e: Error | null) => void,
  ): void {
    this.#handle.read(bytes, offset, length, position + this.#prefix).then(
      ({ bytesRead }) => done(bytesRead === length ? null : new Error('the file ends too early')),
      (error: unknown) => done(error as Error),
    );
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const bytes = Buffer.alloc(Math.min(CHUNK, end - at));
      const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, at);
      if (bytesRead === 0) throw new Error('the file ends too early');
      at += bytesRead;
      yield bytes.subarray(0, bytesRead);
    }
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

async function describeStart(handle: FileHandle, size: number, cause: unknown): Promise<string> {
  if (size === 0) return 'it is empty';
  const start = Buffer.alloc(Math.min(size, 64));
  await handle.read(start, 0, start.length, 0);
  if (start.readUInt16LE(0) === 0x4b50) return `its zip is damaged (${messageOf(cause)})`;
  const text = start.toString('latin1').replace(/[^\x20-\x7e]+/g, '.');
  return `${size} bytes that begin with ${JSON.stringify(text.slice(0, 40))}`;
}
