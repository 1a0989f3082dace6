import { basename } from 'node:path';

/** Order of the suites: money has to exist before it can be paid, and the vaults are judged when all is done. */
export const SUITE_ORDER = ['health', 'issue', 'pay', 'random', 'notary', 'vault'] as const;

const LAST = 'vault';

/** Compares suite files: the listed order, unknown ones after it by name, `vault` at the end. */
export function compareSuites(left: string, right: string): number {
  return rank(left) - rank(right) || compareText(left, right);
}

function rank(file: string): number {
  const name = basename(file).split('.')[0] ?? '';
  if (name === LAST) return Infinity;
  const place = (SUITE_ORDER as readonly string[]).indexOf(name);
  return place < 0 ? SUITE_ORDER.length : place;
}

/** By code unit: the same on every machine, whatever its language. */
function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
