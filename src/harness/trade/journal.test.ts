import { describe, expect, test } from 'vitest';
import type { JournalLine, Operation } from './operation.ts';
import { JournalReader, type JournalContents } from './journal.ts';

const operation: Operation = {
  id: 'pay-1',
  kind: 'pay',
  from: 'party-a',
  to: 'party-b',
  fromRelease: '4.8',
  toRelease: '4.10',
  amount: 100,
  currency: 'USD',
  by: 'pay',
};
const at = '2026-01-01T00:00:00.000Z';
const invoked: JournalLine = { event: 'invoked', at, operation };
const ended: JournalLine = { event: 'ended', at, id: 'pay-1', end: { result: 'ok', transaction: 'AB' } };

function text(...lines: readonly JournalLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The contents of a text: all lines that have their newline. */
function parseJournal(text: string): JournalContents {
  const reader = new JournalReader();
  for (const line of text.split('\n').slice(0, -1)) reader.take(line);
  return reader.contents();
}

describe('the contents of a journal', () => {
  test('joins what was invoked with how it ended, in the order of invocation', () => {
    const other: JournalLine = { event: 'invoked', at, operation: { ...operation, id: 'pay-2' } };
    const journal = parseJournal(text(invoked, other, ended));
    expect(journal.operations.map(({ operation: { id }, end }) => [id, end.result])).toEqual([
      ['pay-1', 'ok'],
      ['pay-2', 'unknown'],
    ]);
  });

  test('counts what each notary refused', () => {
    const refused: JournalLine = { event: 'refused', at, notary: 'notary' };
    expect(parseJournal(text(refused, invoked, refused)).refusals).toEqual({ notary: 2 });
    expect(parseJournal(text(invoked, { event: 'torn', at })).refusals).toEqual({});
  });

  test('keeps which nodes were killed', () => {
    const killed = (node: string): JournalLine => ({ event: 'killed', at, node });
    const lines = [killed('party-b'), invoked, killed('party-a'), killed('party-b')];
    expect(parseJournal(text(...lines)).killed).toEqual(['party-b', 'party-a']);
  });

  test('keeps how long each notarisation took', () => {
    const sides = { from: 'party-a', fromRelease: '4.8', notary: 'notary', notaryRelease: '4.10' };
    const notarisation = { ...sides, tookMs: 120 };
    expect(parseJournal(text({ event: 'notarised', at, notarisation }, invoked)).notarisations).toEqual([notarisation]);
  });

  test('is empty for an empty text', () => {
    const nothing = { operations: [], refusals: {}, killed: [], notarisations: [] };
    expect(parseJournal('')).toEqual(nothing);
    expect(parseJournal('\n  \n')).toEqual(nothing);
  });

  test('leaves out a last line that was cut while being written, wherever it was cut', () => {
    const whole = text(invoked, ended);
    for (let length = text(invoked).length; length < whole.length; length++) {
      expect(parseJournal(whole.slice(0, length)).operations).toEqual([
        { operation, end: { result: 'unknown', error: 'the journal has no end of it' } },
      ]);
    }
  });

  test('leaves out a line that was cut while being written, where the next writer says so', () => {
    const torn: JournalLine = { event: 'torn', at };
    for (const cut of ['{"event":"inv', JSON.stringify(ended).slice(0, -1), '"ended"']) {
      const journal = parseJournal(`${text(invoked)}${cut}\n${text(torn, ended)}`);
      expect(journal.operations).toEqual([{ operation, end: ended.end }]);
    }
  });

  test('takes a line whose newline alone was cut', () => {
    const torn: JournalLine = { event: 'torn', at };
    expect(parseJournal(text(invoked, ended, torn)).operations).toEqual([{ operation, end: ended.end }]);
  });

  test.each([
    ['a last line that is no JSON', `${text(invoked)}{"event":\n`, /line 2 .*not JSON/],
    [
      'a line that was cut two lines before a writer says so',
      `{"event":\n${text(invoked, { event: 'torn', at })}`,
      /line 1 .*not JSON/,
    ],
    ['a line in the middle that is no JSON', `{"event":\n${text(invoked)}`, /line 1 .*not JSON/],
    ['a line of another shape', `{"event":"begun"}\n`, /line 1 .*cannot be trusted/],
    ['an end without its operation', text(ended), /pay-1 ends but was never invoked/],
    ['two operations of one id', text(invoked, invoked), /pay-1 is invoked twice/],
    ['two ends', text(invoked, ended, ended), /line 3 .*pay-1 ends twice/],
  ])('refuses %s', (_, journal, message) => {
    expect(() => parseJournal(journal)).toThrow(message);
  });
});
