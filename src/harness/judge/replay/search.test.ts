import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { classesOf, type FailureClass } from './failure-class.ts';
import { meaningful, type Chosen, type History } from './history.ts';
import { historyOf, PARTIES } from '../../testing/history.ts';
import { search, type Answer, type Found } from './search.ts';

const HISTORY = historyOf(
  'i1 issue a 100',
  'i2 issue b 100',
  'i3 issue a 100',
  'p1 pay b a 5',
  'p2 pay a b 5 failed',
  'p3 pay a b 6 failed',
  'e1 exit a 1',
);
const FAILURES = classesOf({ ...HISTORY, findings: [], parties: PARTIES });
const NOTHING: Answer = { classes: [] };

interface Looking {
  readonly history?: History;
  readonly failures?: readonly FailureClass[];
  readonly tries?: number;
  readonly carryOut: (operations: Chosen, number: number) => Answer;
}

/** @returns what was found, and the operations of every try */
async function look({ carryOut, ...rest }: Looking): Promise<{ found: Found; tried: string[][] }> {
  const options = { history: HISTORY, failures: FAILURES, tries: 20, ...rest };
  const tried: string[][] = [];
  const found = await search({
    ...options,
    carryOut: (operations, number) => {
      tried.push(options.history.entries.map(({ operation }) => operation.id).filter((id) => operations.has(id)));
      return Promise.resolve(carryOut(operations, number));
    },
  });
  return { found, tried };
}

const whenAll =
  (...needed: readonly string[]) =>
  (operations: Chosen): Answer =>
    needed.every((id) => operations.has(id)) ? { classes: FAILURES } : NOTHING;

describe('search', () => {
  test('what always fails takes one try: the first that failed and its money', async () => {
    const { found, tried } = await look({ carryOut: whenAll('p2') });
    expect(tried).toEqual([['i1', 'p2']]);
    expect(found).toMatchObject({ result: 'came-back', looked: 2, seen: 2, smallest: { number: 1 } });
  });

  test('what does not come back is carried out in part and as a whole, once each', async () => {
    const { found, tried } = await look({ carryOut: () => NOTHING });
    expect(tried.map((ids) => ids.length)).toEqual([2, 7]);
    expect(found).toMatchObject({ result: 'gone', looked: 3, seen: 1 });
    expect(found.stopped).toBeUndefined();
  });

  test('what needs several operations is found among all', async () => {
    const { found, tried } = await look({ carryOut: whenAll('p1', 'p3') });
    const smallest = [...(found.smallest?.operations ?? [])];
    expect(smallest.filter((id) => !id.startsWith('i')).sort()).toEqual(['p1', 'p3']);
    expect(smallest).toHaveLength(4);
    expect(found).toMatchObject({ result: 'came-back' });
    expect(new Set(tried.map(String)).size).toBe(tried.length);
  });

  test('another failure than the first that comes back is the one that is told', async () => {
    const lost = { key: 'finding lost', words: 'lost', suspects: ['p1'] };
    const { found, tried } = await look({
      failures: [...FAILURES, lost],
      carryOut: (operations) => (operations.has('p1') ? { classes: [lost] } : NOTHING),
    });
    expect(found).toMatchObject({ result: 'came-back', failure: { words: 'lost' }, smallest: { number: 3 } });
    expect(tried.slice(0, 3).map((ids) => ids.join(' '))).toEqual(['i1 p2', 'i1 i2 i3 p1 p2 p3 e1', 'i2 p1']);
  });

  test('without a word of a network nothing is told, and no other one is made', async () => {
    const { found, tried } = await look({ carryOut: () => ({ why: 'blocked at start' }) });
    expect(found).toMatchObject({ result: 'unknown', stopped: 'blocked at start', looked: 1, seen: 1 });
    expect(tried).toHaveLength(1);
  });

  test('what had come back stays so when a later network does not come up', async () => {
    const { found } = await look({
      carryOut: (operations, number) => (number > 2 ? { why: '10 s are over' } : whenAll('p1', 'p3')(operations)),
    });
    expect(found).toMatchObject({ result: 'came-back', smallest: { number: 2 }, stopped: '10 s are over' });
  });

  test('a failure that shows up sometimes is counted where its operations were carried out', async () => {
    const failsAt = [2, 4];
    const { found, tried } = await look({
      failures: FAILURES.map((failure) => ({ ...failure, suspects: ['p2', 'p3'] })),
      tries: 4,
      carryOut: (_operations, number) => (failsAt.includes(number) ? { classes: FAILURES } : NOTHING),
    });
    expect(tried.map((ids) => ids.join(' '))).toEqual(['i1 p2', 'i1 i2 i3 p1 p2 p3 e1', 'i1 i3 p2 p3', 'i2 p1 p2']);
    expect(found).toMatchObject({ smallest: { number: 4 }, looked: 3, seen: 3 });
  });

  test('one try is too few to tell that it is gone', async () => {
    const { found } = await look({ tries: 1, carryOut: () => NOTHING });
    expect(found).toMatchObject({ result: 'unknown', stopped: '1 of 1 tries used' });
  });

  const anyTries = fc.integer({ min: 1, max: 12 });
  const needed = fc.uniqueArray(fc.constantFrom('p1', 'p2', 'p3', 'e1'), { minLength: 1 });
  property.prop([anyTries, needed])(
    'never takes more tries than it may, and tells only what it saw',
    async (tries, ids) => {
      const { found, tried } = await look({ tries, carryOut: whenAll(...ids) });
      expect(tried.length).toBeLessThanOrEqual(tries);
      if (found.result === 'came-back')
        expect(whenAll(...ids)(found.smallest?.operations ?? new Set())).not.toBe(NOTHING);
      if (found.result === 'came-back' && found.stopped === undefined) {
        const smallest = found.smallest?.operations ?? new Set();
        const without = [...smallest].map((id) =>
          meaningful(HISTORY, new Set([...smallest].filter((one) => one !== id))),
        );
        const smaller = without.filter(({ size }) => size < smallest.size);
        expect(smaller.filter((some) => some.has('p2') || some.has('p3')).map(whenAll(...ids))).toEqual(
          smaller.filter((some) => some.has('p2') || some.has('p3')).map(() => NOTHING),
        );
      }
    },
  );
});
