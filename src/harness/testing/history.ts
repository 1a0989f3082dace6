import type { Operation, OperationEnd } from '../trade/operation.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import type { History } from '../judge/replay/history.ts';

const RELEASES: Readonly<Record<string, string>> = { a: '4.8', b: '3.3-corda', c: '4.10' };
export const PARTIES = Object.entries(RELEASES).map(([id, release]) => ({ id, release }));

/**
 * A history for unit tests, of words such as `i1 issue a 100`, `p1 pay a b 101 failed`: id, kind, who, whom, cents of USD, and how
 * it ended where it did not end ok. Each ends before the next begins.
 */
export function historyOf(...lines: readonly string[]): History {
  const entries = lines.map(entryOf);
  const course = entries.flatMap(({ operation: { id } }) => [
    { event: 'begin', id } as const,
    { event: 'end', id } as const,
  ]);
  return { entries, course };
}

function entryOf(line: string): JournaledOperation {
  const [id = '', kind, from = '', ...rest] = line.split(' ');
  const to = kind === 'pay' ? (rest.shift() ?? '') : from;
  const [amount, how, ...error] = rest;
  const operation: Operation = {
    id,
    kind: kind as Operation['kind'],
    from,
    to,
    fromRelease: RELEASES[from] ?? '',
    toRelease: RELEASES[to] ?? '',
    amount: Number(amount),
    currency: 'USD',
    by: 'a unit test',
  };
  return { operation, end: endOf(id, how, error.join(' ')) };
}

function endOf(id: string, how: string | undefined, error: string): OperationEnd {
  if (how === 'failed' || how === 'unknown') return { result: how, error: error || 'it did' };
  return { result: 'ok', transaction: `T-${id}` };
}
