/** A class to be written, as far as the harness reads one. Names have dots. */
export interface ClassSpec {
  readonly name: string;
  /** Default: 52, Java 8. */
  readonly major?: number;
  readonly superclass?: string;
  readonly interfaces?: readonly string[];
  readonly abstract?: boolean;
  readonly annotations?: readonly string[];
  /** Version of its Kotlin metadata. */
  readonly kotlin?: readonly number[];
  /** What its `getMigrationResource` returns. */
  readonly script?: string;
}

/** A class file by the Java Virtual Machine Specification, 4. No JVM could run it: it has no constructor. */
export function classBytes(spec: ClassSpec): Buffer {
  const { name, major = 52, superclass = 'java.lang.Object', interfaces = [], annotations = [], script } = spec;
  const pool: Buffer[] = [];
  const constant = (...parts: readonly Buffer[]): number => pool.push(Buffer.concat(parts));
  const text = (value: string): number => {
    const bytes = Buffer.from(value);
    return constant(u1(1), u2(bytes.length), bytes);
  };
  const reference = (tag: number, value: string): number => constant(u1(tag), u2(text(value)));
  const classOf = (value: string): number => reference(7, value.replaceAll('.', '/'));
  const long = (): void => {
    constant(u1(5), Buffer.alloc(8));
    // It takes two places.
    pool.push(Buffer.alloc(0));
  };
  long();
  const self = classOf(name);
  const parents = [superclass, ...interfaces].map(classOf);
  const getter = script === undefined ? [] : [text('getMigrationResource'), text('()Ljava/lang/String;')];
  if (script !== undefined) reference(8, script);
  // Each with one element: an enum constant, a list of numbers and an annotation, in turn.
  const values = [
    () => [Buffer.from('e'), u2(text('Lx/Level;')), u2(text('HIGH'))],
    () => [Buffer.from('['), u2(2), Buffer.from('I'), u2(1), Buffer.from('I'), u2(1)],
    () => [Buffer.from('@'), u2(text('Lx/Inner;')), u2(0)],
  ];
  const written = annotations.flatMap((annotation, index) => [
    u2(text(`L${annotation.replaceAll('.', '/')};`)),
    u2(1),
    u2(text('value')),
    ...(values[index % values.length]?.() ?? []),
  ]);
  const numbers = (spec.kotlin ?? []).flatMap((number) => [Buffer.from('I'), u2(constant(u1(3), u4(number)))]);
  const metadata = [u2(text('Lkotlin/Metadata;')), u2(1), u2(text('mv')), Buffer.from('['), u2(numbers.length / 2)];
  const all = [...written, ...(spec.kotlin ? [...metadata, ...numbers] : [])];
  const content = Buffer.concat([u2(annotations.length + (spec.kotlin ? 1 : 0)), ...all]);
  const attribute = [u2(text('RuntimeVisibleAnnotations')), u4(content.length), content];
  return Buffer.concat([
    u4(0xcafebabe),
    u2(0),
    u2(major),
    u2(pool.length + 1),
    ...pool,
    u2(spec.abstract ? 0x0421 : 0x0021),
    u2(self),
    u2(parents[0] ?? 0),
    u2(interfaces.length),
    ...parents.slice(1).map(u2),
    u2(0),
    u2(getter.length > 0 ? 1 : 0),
    ...(getter.length > 0 ? [u2(1), ...getter.map(u2), u2(0)] : []),
    u2(1),
    ...attribute,
  ]);
}

/** The files of classes, for `makeJar`. */
export function classFiles(...specs: readonly ClassSpec[]): Record<string, Buffer> {
  return Object.fromEntries(specs.map((spec) => [`${spec.name.replaceAll('.', '/')}.class`, classBytes(spec)]));
}

const u1 = (value: number): Buffer => Buffer.from([value]);
const u2 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

function u4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
