import { open } from 'node:fs/promises';
import { absent } from './files.ts';

/** Reads a growing text file from a character's offset without reading what was read before. */
export class ConsoleLog {
  readonly #file: string;
  /** The furthest place that was read: as many characters are as many bytes. */
  #mark = { characters: 0, bytes: 0 };

  constructor(file: string) {
    this.#file = file;
  }

  /** The text from character `offset` to the last whole character; '' when the file is not there yet or not that long. */
  async read(offset = 0): Promise<string> {
    const from = offset >= this.#mark.characters ? this.#mark : { characters: 0, bytes: 0 };
    const bytes = wholeCharacters(await readFrom(this.#file, from.bytes));
    const text = bytes.toString('utf8');
    this.#mark = { characters: from.characters + text.length, bytes: from.bytes + bytes.length };
    return text.slice(offset - from.characters);
  }
}

/** Without the first bytes of a UTF-8 character whose rest is not written yet. */
export function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    const isContinuation = (byte & 0xc0) === 0x80;
    if (isContinuation) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

async function readFrom(file: string, position: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch(absent(undefined));
  if (!handle) return Buffer.alloc(0);
  try {
    const size = Math.max(0, (await handle.stat()).size - position);
    const buffer = Buffer.alloc(size);
    const { bytesRead } = await handle.read(buffer, 0, size, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
