import { basename } from 'node:path';

/** Options of vitest that choose what runs, as its command line takes them. */
const FILTERS: Readonly<Record<string, 'project' | 'name'>> = {
  '--project': 'project',
  '-t': 'name',
  '--testNamePattern': 'name',
  '--test-name-pattern': 'name',
};

/**
 * Vitest reads a value that looks like a number as that number: `--project 4.8` ends in a TypeError, and `-t 4.10` runs the
 * tests of 4.1.
 * @param argv as in `process.argv`
 * @throws Error that says what to write instead
 */
export function refuseNumbers(argv: readonly string[]): void {
  // Another program that runs vitest has options of its own.
  if (!/^vitest([.]mjs)?$/.test(basename(argv[1] ?? ''))) return;
  for (const [option, value] of valuesOf(argv)) {
    if (!isNumber(value)) continue;
    if (FILTERS[option] === 'project')
      throw new Error(
        `vitest failed to take ${option} ${value} as the name of a cell (seen: the number ${Number(value)}). ` +
          `Name a cell with its "+", or use a pattern: ${option} '*${value}*'.`,
      );
    // `-t 4.8` finds what it says: nothing was lost on the way.
    if (String(Number(value)) !== value)
      throw new Error(
        `vitest failed to take ${option} ${value} as text (seen: the number ${Number(value)}). ` +
          `Write it as a pattern: ${option} '${value.replaceAll('.', '[.]')}'.`,
      );
  }
}

/** The filters of a command line, each with its value. */
function valuesOf(argv: readonly string[]): readonly (readonly [string, string])[] {
  return argv.flatMap((word, index) => {
    const [, option = word, attached] = /^(-[^=]+)=(.*)$/s.exec(word) ?? [];
    const value = attached ?? argv[index + 1];
    return option in FILTERS && value !== undefined ? [[option, value] as const] : [];
  });
}

function isNumber(value: string): boolean {
  return value.trim() !== '' && Number.isFinite(Number(value));
}
