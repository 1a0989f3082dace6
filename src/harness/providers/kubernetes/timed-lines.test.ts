import { describe, expect, test } from 'vitest';
import { TimedLines } from './console.ts';

const at = (second: number, fraction = '000000000'): string => `2026-11-23T10:00:0${second}.${fraction}Z`;
const read = (lines: TimedLines, ...chunks: readonly string[]): string => {
  const since = lines.begin();
  expect(since === undefined || !since.includes('.')).toBe(true);
  return [...chunks.map((chunk) => lines.take(Buffer.from(chunk)).toString()), lines.end().toString()].join('');
};

describe('lines with times', () => {
  test('come without them, however they are cut', () => {
    const text = `${at(1)} eins\n${at(2)} zwei: grün\n`;
    for (let cut = 1; cut < text.length; cut += 1) {
      expect(read(new TimedLines(), text.slice(0, cut), text.slice(cut))).toBe('eins\nzwei: grün\n');
    }
  });

  test('are given on once, when a log is read again from the second of the last one on', () => {
    const lines = new TimedLines();
    const first = [`${at(1)} a\n`, `${at(2, '5')} b\n`, `${at(2, '5')} c\n`];
    expect(read(lines, ...first)).toBe('a\nb\nc\n');
    expect(lines.begin()).toBe('2026-11-23T10:00:02Z');
    expect(read(lines, ...first.slice(1), `${at(2, '5')} d\n`, `${at(2, '51')} e\n`)).toBe('d\ne\n');
    expect(read(lines, `${at(2, '500000000')} b\n`, `${at(2, '51')} e\n`, `${at(3)} f`)).toBe('f');
  });

  test('a line that broke off comes whole the next time', () => {
    const lines = new TimedLines();
    lines.begin();
    expect(lines.take(Buffer.from(`${at(1)} a\n${at(1, '1')} half`)).toString()).toBe('a\n');
    expect(read(lines, `${at(1)} a\n${at(1, '1')} half and whole\n`)).toBe('half and whole\n');
  });

  test('the cluster’s own words about a log are none of its lines', () => {
    expect(read(new TimedLines(), 'unable to retrieve container logs for containerd://x')).toBe('');
  });
});
