import { z } from 'zod';
import type { JournalLine, Operation, OperationEnd } from '../domain/operation.ts';

const operation: z.ZodType<Operation> = z.object({
  id: z.string(),
  kind: z.enum(['issue', 'pay', 'exit']),
  from: z.string(),
  to: z.string(),
  fromRelease: z.string(),
  toRelease: z.string(),
  anonymous: z.boolean().exactOptional(),
  amount: z.int(),
  currency: z.string(),
  by: z.string(),
});
const end: z.ZodType<OperationEnd> = z.discriminatedUnion('result', [
  z.object({ result: z.literal('ok'), transaction: z.string() }),
  z.object({ result: z.literal('failed'), error: z.string() }),
  z.object({ result: z.literal('unknown'), error: z.string() }),
]);
const journalLine: z.ZodType<JournalLine> = z.discriminatedUnion('event', [
  z.object({ event: z.literal('invoked'), at: z.string(), operation }),
  z.object({ event: z.literal('ended'), at: z.string(), id: z.string(), end }),
  z.object({ event: z.literal('refused'), at: z.string(), notary: z.string() }),
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
}

/**
 * Reads a journal's text, in the order the operations were invoked. A last line without its newline was cut while
 * being written and is left out.
 * @throws Error naming the line that is no journal line, or an end without its operation
 */
export function parseJournal(text: string): JournalContents {
  const lines = text.split('\n');
  lines.pop();
  const operations = new Map<string, JournaledOperation>();
  const refusals: Record<string, number> = {};
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const parsed = parseLine(line, index + 1);
    if (parsed.event === 'refused') refusals[parsed.notary] = (refusals[parsed.notary] ?? 0) + 1;
    else take(operations, parsed, index + 1);
  }
  return { operations: [...operations.values()], refusals };
}

function take(
  operations: Map<string, JournaledOperation>,
  line: Exclude<JournalLine, { event: 'refused' }>,
  number: number,
): void {
  if (line.event === 'invoked') {
    if (operations.has(line.operation.id)) throw corrupt(number, `operation ${line.operation.id} is invoked twice`);
    operations.set(line.operation.id, { operation: line.operation, end: NO_END });
    return;
  }
  const known = operations.get(line.id);
  if (!known) throw corrupt(number, `operation ${line.id} ends but was never invoked`);
  if (known.end !== NO_END) throw corrupt(number, `operation ${line.id} ends twice`);
  operations.set(line.id, { ...known, end: line.end });
}

const NO_END: OperationEnd = { result: 'unknown', error: 'the journal holds no end of it' };

function parseLine(line: string, number: number): JournalLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw corrupt(number, 'not JSON', { cause });
  }
  const parsed = journalLine.safeParse(value);
  if (!parsed.success) throw corrupt(number, z.prettifyError(parsed.error), { cause: parsed.error });
  return parsed.data;
}

function corrupt(number: number, why: string, options?: ErrorOptions): Error {
  return new Error(`line ${number} of the journal cannot be trusted: ${why}`, options);
}
