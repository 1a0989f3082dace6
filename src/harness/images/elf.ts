/** Where things are in the header of a 64-bit little-endian ELF file and in an entry of its table of segments. */
const HEADER = { class: 4, order: 5, table: 32, entrySize: 54, entries: 56 } as const;
const SEGMENT = { type: 0, offset: 8, fileSize: 32 } as const;
const INTERPRETER = 3;

/** Whether a file's content is a compiled program or library of a kind that containers of ours can run. */
export function isElf(content: Buffer): boolean {
  const magic = content.subarray(0, 4).toString('latin1') === '\x7fELF';
  return magic && content[HEADER.class] === 2 && content[HEADER.order] === 1;
}

/** The loader that a program names; `undefined` for libraries and static programs. */
export function interpreterOf(program: Buffer): string | undefined {
  const place = interpreterPlace(program);
  return place && program.toString('latin1', place.start, place.end).replace(/\0+$/, '');
}

/** The same program with another loader, whose path must not be longer. */
export function withInterpreter(program: Buffer, interpreter: string): Buffer {
  const place = interpreterPlace(program);
  if (!place) throw new Error('a program without a loader');
  if (interpreter.length + 1 > place.end - place.start) throw new Error(`no room for the loader's path ${interpreter}`);
  const changed = Buffer.from(program);
  changed.fill(0, place.start, place.end);
  changed.write(interpreter, place.start, 'latin1');
  return changed;
}

function interpreterPlace(program: Buffer): { readonly start: number; readonly end: number } | undefined {
  const table = Number(program.readBigUInt64LE(HEADER.table));
  const size = program.readUInt16LE(HEADER.entrySize);
  const count = program.readUInt16LE(HEADER.entries);
  for (let index = 0; index < count; index += 1) {
    const at = table + index * size;
    if (program.readUInt32LE(at + SEGMENT.type) !== INTERPRETER) continue;
    const start = Number(program.readBigUInt64LE(at + SEGMENT.offset));
    return { start, end: start + Number(program.readBigUInt64LE(at + SEGMENT.fileSize)) };
  }
  return undefined;
}
