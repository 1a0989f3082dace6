import { describe, expect, test } from 'vitest';
import type { Operation } from '../../trade/operation.ts';
import type { Finding } from '../../trade/views.ts';
import { classesOf } from './failure-class.ts';
import { historyOf, PARTIES } from '../../testing/history.ts';
import type { Found, Try } from './search.ts';
import { storyOf, type Happened, type StoryParts } from './story.ts';

const RUN: Happened = {
  entries: historyOf(
    'i1 issue a 100',
    'i2 issue b 100',
    'p1 pay b a 5',
    'p2 pay a b 101 failed no answer',
    'e1 exit b 1',
  ).entries,
  findings: [],
};
const FAILURES = classesOf({ ...RUN, parties: PARTIES });
const FIRST = FAILURES[0] ?? { key: '', words: '', suspects: [] };
const SMALL: Happened = {
  entries: historyOf('i1 issue a 100', 'p2 pay a b 101 failed no\n   answer at all').entries,
  findings: [],
};

function tryOf(number: number): Try {
  return { number, operations: new Set(['i1', 'p2']), answer: { classes: FAILURES } };
}

const CAME_BACK: Found = {
  result: 'came-back',
  failure: FIRST,
  smallest: tryOf(2),
  looked: 4,
  seen: 3,
  tries: [1, 2, 3].map(tryOf),
};

function told(found: Found, more: Partial<StoryParts> = {}): readonly string[] {
  const happened = new Map([[2, SMALL]]);
  return storyOf({
    found,
    failures: FAILURES,
    run: RUN,
    happened,
    seed: 7,
    evidence: (number) => `try-${number}/`,
    ...more,
  });
}

function finding(kind: Finding['kind'], message: string): Finding {
  return { kind, message };
}

/** The first line of a run that failed so and of which nothing else is known. */
function headlineOf(run: Happened): string | undefined {
  const failures = classesOf({ ...run, parties: PARTIES });
  return told({ result: 'unknown', looked: 1, seen: 1, tries: [], stopped: 'no time' }, { run, failures })[0];
}

function failedWith(error: string): Happened {
  return { entries: historyOf(`p1 pay a b 100 failed ${error}`).entries, findings: [] };
}

describe('what came back', () => {
  test('is told with every operation that it needs, how often it was seen, and where to look', () => {
    expect(told(CAME_BACK)).toEqual([
      '4.8 (a) pays 3.3-corda (b) 1.01 USD: no answer at all; 2 of 5 operations are enough; seen 3 times of 4',
      '1. 4.8 (a) issues 1.00 USD: ok',
      '2. 4.8 (a) pays 3.3-corda (b) 1.01 USD: no answer at all',
      'seed 7; 3 tries; evidence of these operations: try-2/',
    ]);
  });

  test('says why the search stopped, and counts to one', () => {
    const lines = told({ ...CAME_BACK, seen: 1, tries: [tryOf(2)], stopped: 'the limit of 5 tries' });
    expect(lines[0]).toMatch(/; seen once of 4$/);
    expect(lines.slice(-2)).toEqual([
      'fewer may do: the limit of 5 tries',
      'seed 7; 1 try; evidence of these operations: try-2/',
    ]);
  });

  test('of many operations the first twelve are told', () => {
    const many = (count: number): Happened => ({
      entries: historyOf(...Array.from({ length: count }, (_, index) => `i${index} issue a ${index + 1} failed`))
        .entries,
      findings: [],
    });
    const lines = told(CAME_BACK, { happened: new Map([[2, many(14)]]) });
    expect(lines).toHaveLength(1 + 12 + 1 + 1);
    expect(lines[12]).toMatch(/^12\. /);
    expect(lines[13]).toBe('… and 2 more');
    expect(told(CAME_BACK, { happened: new Map([[2, many(12)]]) })).toHaveLength(1 + 12 + 1);
  });

  test('where the smallest is the run itself, it is told', () => {
    expect(told(CAME_BACK, { happened: new Map() })[0]).toContain('5 of 5 operations are enough');
  });

  test('cannot be told of what was not seen', () => {
    expect(() => told({ ...CAME_BACK, smallest: undefined } as unknown as Found)).toThrow(/bug in the harness/);
  });
});

test('what did not come back is told with all that was tried', () => {
  const found: Found = { result: 'gone', looked: 3, seen: 1, tries: [tryOf(1), tryOf(2)] };
  expect(told(found)).toEqual([
    '4.8 (a) pays 3.3-corda (b) 1.01 USD: no answer; seen once, not in the replay of all 5 operations',
    'seed 7; 2 tries; evidence of these: try-1/, try-2/',
  ]);
});

test('of a failure without a replay names the reason', () => {
  const found: Found = { result: 'unknown', looked: 1, seen: 1, tries: [] };
  expect(told({ ...found, stopped: 'a suite stopped nodes' })).toEqual([
    '4.8 (a) pays 3.3-corda (b) 1.01 USD: no answer; no replay tells whether it comes back: a suite stopped nodes',
  ]);
  expect(told(found)[0]).toMatch(/: the reason is unknown$/);
});

describe('the first line', () => {
  test('is the operation that the failure is about, not another one that failed before it', () => {
    const { entries } = historyOf('p1 pay b a 5 failed first', 'p2 pay a b 6 unknown second');
    const failures = classesOf({ entries, findings: [], parties: PARTIES }).toReversed();
    const found: Found = { result: 'gone', looked: 1, seen: 1, tries: [] };
    expect(told(found, { failures, run: { entries, findings: [] } })[0]).toMatch(/^4\.8 \(a\) pays .*: second;/);
  });

  test('is the finding of that kind, where every operation ended well', () => {
    const { entries } = historyOf('i1 issue a 100');
    const findings = [finding('flow-left', 'a flow is left'), finding('vault-differs', 'a cent is missing')];
    expect(headlineOf({ entries, findings })).toMatch(/^a cent is missing; /);
    expect(headlineOf({ entries, findings: [finding('flow-left', 'a flow is left')] })).toMatch(/^a flow is left; /);
    expect(headlineOf({ entries, findings: [] })).toMatch(/^nothing failed; /);
  });

  test.for([
    [{ kind: 'exit' }, '4.8 (a) exits 1.00 USD: it did'],
    [{ kind: 'issue' }, '4.8 (a) issues 1.00 USD: it did'],
    [{ kind: 'change-notary', notary: 'notary-b' }, '4.8 (a) takes 1.00 USD to notary-b: it did'],
    [{ kind: 'change-notary' }, '4.8 (a) takes 1.00 USD to another notary: it did'],
    [{ kind: 'pay', anonymous: true }, '4.8 (a) pays 3.3-corda (b) 1.00 USD anonymously: it did'],
  ] as const)('%j', ([what, words]) => {
    const [entry] = historyOf('x1 pay a b 100 failed').entries;
    if (!entry) throw new Error('a history without its one operation');
    const operation: Operation = { ...entry.operation, ...what };
    expect(headlineOf({ entries: [{ ...entry, operation }], findings: [] })).toContain(`${words}; `);
  });

  test('is one line of at most 300 characters of what is told', () => {
    const told = (error: string) => headlineOf(failedWith(error));
    const prefix = '4.8 (a) pays 3.3-corda (b) 1.00 USD: ';
    const room = 300 - prefix.length;
    expect(told('x'.repeat(room))).toContain(`${prefix}${'x'.repeat(room)}; no replay`);
    expect(told('x'.repeat(room + 1))).toContain(`${prefix}${'x'.repeat(room)}…; no replay`);
  });
});
