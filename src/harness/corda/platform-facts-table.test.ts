import { describe, expect, test } from 'vitest';
import { KNOWN_LINES, lineOf, platformFactsOf } from './facts.ts';

describe('platform facts', () => {
  test('every line from 3.1 to 4.14 is there once, in version order', () => {
    expect(KNOWN_LINES).toEqual([
      ...['3.1', '3.2', '3.3', '3.4'],
      ...['4.0', '4.1', '4.2', '4.3', '4.4', '4.5', '4.6', '4.7', '4.8', '4.9', '4.10', '4.11', '4.12', '4.13', '4.14'],
    ]);
  });

  test.each([
    ['4.10', '4.10'],
    ['4.10.1', '4.10'],
    ['4.1', '4.1'],
    ['3.3-corda', '3.3'],
    ['4.9-RC01', '4.9'],
    ['4.12.2-SNAPSHOT', '4.12'],
  ])('%s belongs to line %s', (version, line) => {
    expect(platformFactsOf(version)?.line).toBe(line);
  });

  test.each(['5.0', '4.15', '4.100', '4', 'corda-3.0', '', 'next'])('%j belongs to none', (version) => {
    expect(platformFactsOf(version)).toBeUndefined();
  });

  test('a line is major.minor, whether it is known or not', () => {
    expect(lineOf('corda-3.0')).toBeUndefined();
    expect(lineOf('10.2-RC01')).toBe('10.2');
  });

  test('what changed, changed at the right line', () => {
    const first = (holds: (line: string) => boolean): string | undefined => KNOWN_LINES.find(holds);
    expect(first((line) => platformFactsOf(line)?.rpc === 'amqp')).toBe('4.0');
    expect(first((line) => platformFactsOf(line)?.cli === 'subcommands')).toBe('4.0');
    expect(first((line) => platformFactsOf(line)?.schema === 'migration')).toBe('4.6');
    expect(first((line) => platformFactsOf(line)?.serviceIdentity === true)).toBe('4.6');
    expect(first((line) => platformFactsOf(line)?.shell === 'driver')).toBe('4.9');
    expect(first((line) => platformFactsOf(line)?.h2.startsWith('2.') === true)).toBe('4.11');
    expect(first((line) => platformFactsOf(line)?.java === 17)).toBe('4.12');
  });

  test('platform versions never fall', () => {
    const versions = KNOWN_LINES.map((line) => platformFactsOf(line)?.platformVersion ?? NaN);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  });

  test('every row cites where it was read', () => {
    for (const line of KNOWN_LINES)
      expect.soft(platformFactsOf(line)?.source, line).toMatch(/@release|corda-docs-portal/);
  });
});
