import { basename } from 'node:path';
import type { Workload } from '../config/cell.ts';

/** Order of the suites: money has to exist before it can be paid, and the vaults are judged when all is done. */
const TRADE = ['health', 'issue', 'pay', 'random', 'notary', 'vault'] as const;
/** Suites of the folder lifecycle, which run only if the matrix asks for them. */
const LIFECYCLE = ['backchain', 'contract-upgrade', 'notary-change', 'restart', 'upgrade'] as const;
/** The vault suite judges the results of the others. After an upgrade, no node runs its old release. */
const LAST: readonly string[] = ['vault', 'upgrade'];

/** Suite files of a project, where its configuration names no others. */
export const SUITE_FILES = 'suites/**/*.test.ts';
/** The files that a cell without lifecycle leaves out. */
export const LIFECYCLE_FILES = '**/suites/lifecycle/**';

/** Names of the suites that come with the program, in the order in which they run. */
export function suitesOf({ lifecycle }: Pick<Workload, 'lifecycle'>): readonly string[] {
  return lifecycle ? [...TRADE, ...LIFECYCLE].toSorted(compareSuites) : TRADE;
}

/** Files of the suites that come with the program, by name: their path below suites/ without extension, in order. */
export function bundledSuites(): Readonly<Record<string, string>> {
  const isTrade = (name: string): boolean => (TRADE as readonly string[]).includes(name);
  const names = suitesOf({ lifecycle: true });
  return Object.fromEntries(names.map((name) => [name, isTrade(name) ? name : `lifecycle/${name}`]));
}

const BUNDLED = /(?:^|[\\/])suites[\\/](?:lifecycle[\\/])?([a-z-]+)[.]test[.]ts$/;

/** The name of a suite file in plans: that of a bundled suite, or the file as it is given. */
export function suiteName(file: string): string {
  const name = BUNDLED.exec(file)?.[1] ?? '';
  return ([...TRADE, ...LIFECYCLE] as string[]).includes(name) ? name : file;
}

/** Compares suite files: the listed order, unknown ones after it by name, the last ones at the end. */
export function compareSuites(left: string, right: string): number {
  return rank(left) - rank(right) || compareText(left, right);
}

function rank(file: string): number {
  const name = basename(file).split('.')[0] ?? '';
  if (LAST.includes(name)) return TRADE.length + 1 + LAST.indexOf(name);
  const place = (TRADE as readonly string[]).indexOf(name);
  return place < 0 ? TRADE.length : place;
}

/** By code unit: the same on every machine, whatever its language. */
function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
