/** What a class file says of its class, as far as nodes ask before they load it. Names have dots. */
export interface ClassFacts {
  readonly name: string;
  /** 52: Java 8; 61: Java 17. */
  readonly major: number;
  /** Neither an interface nor abstract. */
  readonly concrete: boolean;
  /** Its superclass, then its interfaces; `java.lang.Object` is left out. */
  readonly parents: readonly string[];
  readonly annotations: readonly string[];
  /** Version of its Kotlin metadata, if it is a Kotlin class: `[1, 1, 11]` was written by Kotlin 1.2. */
  readonly kotlin?: readonly number[];
  /** Its string constants, if it declares where its migration scripts are (`MappedSchema.migrationResource`). */
  readonly scripts?: readonly string[];
}

/** Java SE's number of a class file's major version. */
export const JAVA_1_0_MAJOR = 44;

const MAGIC = 0xcafebabe;
const ABSTRACT_OR_INTERFACE = 0x0400 | 0x0200;
const TAG = { utf8: 1, integer: 3, long: 5, double: 6, class: 7, string: 8 } as const;
/** Bytes of a constant after its tag, by tag (Java Virtual Machine Specification, 4.4). */
const CONSTANT_BYTES = [0, 0, 0, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, 0, 0, 3, 2, 4, 4, 2, 2];
const DECLARES_SCRIPTS = 'getMigrationResource';

/** Reads a class file. Undefined for bytes that are none. */
export function readClass(bytes: Buffer): ClassFacts | undefined {
  try {
    return bytes.length > 10 && bytes.readUInt32BE(0) === MAGIC ? parse(bytes) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Pool {
  readonly text: (index: number) => string;
  readonly integer: (index: number) => number;
  /** Name of the class constant. */
  readonly className: (index: number) => string;
  readonly strings: readonly string[];
  readonly end: number;
}

function parse(bytes: Buffer): ClassFacts {
  const pool = readPool(bytes);
  let at = pool.end;
  const next = (): number => bytes.readUInt16BE((at += 2) - 2);
  const flags = next();
  const name = pool.className(next());
  const superclass = next();
  const interfaces = Array.from({ length: next() }, () => pool.className(next()));
  const names = new Set<string>();
  // Fields, then methods.
  for (let members = 0; members < 2; members += 1) {
    for (let left = next(); left > 0; left -= 1) {
      next();
      names.add(pool.text(next()));
      next();
      readAttributes();
    }
  }
  const visible = readAttributes().get('RuntimeVisibleAnnotations');
  const annotations = visible ? readAnnotations(visible, pool) : [];
  const kotlin = annotations.find(({ name: type }) => type === 'kotlin.Metadata')?.values.get('mv');
  const parents = [...(superclass === 0 ? [] : [pool.className(superclass)]), ...interfaces];
  return {
    name,
    major: bytes.readUInt16BE(6),
    concrete: (flags & ABSTRACT_OR_INTERFACE) === 0,
    parents: parents.filter((parent) => parent !== 'java.lang.Object'),
    annotations: annotations.map((annotation) => annotation.name),
    ...(Array.isArray(kotlin) ? { kotlin: kotlin.map(Number) } : {}),
    ...(names.has(DECLARES_SCRIPTS) ? { scripts: pool.strings } : {}),
  };

  function readAttributes(): Map<string, Buffer> {
    const attributes = new Map<string, Buffer>();
    for (let left = next(); left > 0; left -= 1) {
      const attribute = pool.text(next());
      const length = bytes.readUInt32BE(at);
      at += 4 + length;
      attributes.set(attribute, bytes.subarray(at - length, at));
    }
    return attributes;
  }
}

function readPool(bytes: Buffer): Pool {
  const count = bytes.readUInt16BE(8);
  const texts = new Map<number, string>();
  const references = new Map<number, number>();
  const integers = new Map<number, number>();
  const strings: number[] = [];
  let at = 10;
  for (let index = 1; index < count; index += 1) {
    const tag = bytes.readUInt8(at);
    const value = at + 1;
    if (tag === TAG.utf8) {
      at = value + 2 + bytes.readUInt16BE(value);
      texts.set(index, bytes.toString('utf8', value + 2, at));
      continue;
    }
    if (tag === TAG.class || tag === TAG.string) references.set(index, bytes.readUInt16BE(value));
    if (tag === TAG.string) strings.push(index);
    if (tag === TAG.integer) integers.set(index, bytes.readInt32BE(value));
    at = value + (CONSTANT_BYTES[tag] || Number.POSITIVE_INFINITY);
    // They take two places.
    if (tag === TAG.long || tag === TAG.double) index += 1;
  }
  const text = (index: number): string => texts.get(index) ?? '';
  const referred = (index: number): string => text(references.get(index) ?? 0);
  return {
    text,
    integer: (index) => integers.get(index) ?? 0,
    className: (index) => dotted(referred(index)),
    strings: strings.map(referred),
    end: at,
  };
}

interface Annotation {
  readonly name: string;
  /** By element, as far as they are numbers or lists of them. */
  readonly values: ReadonlyMap<string, unknown>;
}

function readAnnotations(bytes: Buffer, { text, integer }: Pool): readonly Annotation[] {
  let at = 0;
  const next = (): number => bytes.readUInt16BE((at += 2) - 2);
  const annotation = (): Annotation => {
    const name = dotted(text(next()).slice(1, -1));
    const values = Array.from({ length: next() }, () => [text(next()), value()] as const);
    return { name, values: new Map(values) };
  };
  const value = (): unknown => {
    const kind = String.fromCharCode(bytes.readUInt8(at++));
    if (kind === '@') return annotation();
    if (kind === '[') return Array.from({ length: next() }, value);
    const index = next();
    // An enum constant has the index of its type, then that of its name.
    if (kind === 'e') next();
    return kind === 'I' ? integer(index) : undefined;
  };
  return Array.from({ length: next() }, annotation);
}

function dotted(name: string): string {
  return name.replaceAll('/', '.');
}
