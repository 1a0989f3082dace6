import { compareMavenVersions } from '../corda/version.ts';
import type { Pair } from './cell.ts';
import type { Release } from './release.ts';
import type { PairChoice } from './matrix.ts';
import { PAIR_MODES } from './schema.ts';

/**
 * Older before newer, by Maven's order of versions. A jar counts by its id. Ids that do not begin with a digit come
 * last: a user's own jar is rarely the oldest. Equal versions are ordered by id.
 */
export function compareReleases(a: Release, b: Release): number {
  return (
    Number(isUnversioned(a)) - Number(isUnversioned(b)) ||
    compareMavenVersions(versionOf(a), versionOf(b)) ||
    compareMavenVersions(a.id, b.id) ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  );
}

/** The value of `pairs` as written; undefined where it is none of the forms. */
export function pairChoice(written: string | readonly (readonly string[])[]): PairChoice | undefined {
  if (typeof written === 'string') {
    const mode = PAIR_MODES.find((candidate) => candidate === written);
    if (mode) return { kind: mode };
    const release = /^against:(.+)$/.exec(written)?.[1];
    return release === undefined ? undefined : { kind: 'against', release };
  }
  const pairs = written.flatMap(([left, right]) =>
    left === undefined || right === undefined ? [] : [[left, right] as const],
  );
  return { kind: 'list', pairs };
}

/** `4.8+4.10`: how a pair is written everywhere. */
export function pairName({ left, right }: Pair): string {
  return `${left.id}+${right.id}`;
}

/** The pairs of a choice, oldest left first, then oldest right; ids that are no release are left out. */
export function pairsOf(choice: PairChoice, releases: readonly Release[]): readonly Pair[] {
  const sorted = [...releases].sort(compareReleases);
  return chosen(choice, sorted).sort((a, b) => compareReleases(a.left, b.left) || compareReleases(a.right, b.right));
}

function chosen(choice: PairChoice, sorted: readonly Release[]): Pair[] {
  const everyTwo = sorted.flatMap((left, index) => sorted.slice(index + 1).map((right) => ({ left, right })));
  switch (choice.kind) {
    case 'all':
      return everyTwo;
    case 'ordered':
      return everyTwo.flatMap(({ left, right }) => [
        { left, right },
        { left: right, right: left },
      ]);
    case 'adjacent':
      return sorted.flatMap((left, index) => {
        const right = sorted[index + 1];
        return right ? [{ left, right }] : [];
      });
    case 'against':
      return everyTwo.filter(({ left, right }) => left.id === choice.release || right.id === choice.release);
    case 'list':
      return choice.pairs.flatMap(([leftId, rightId]) => {
        const left = sorted.find(({ id }) => id === leftId);
        const right = sorted.find(({ id }) => id === rightId);
        return left && right ? [{ left, right }] : [];
      });
  }
}

function versionOf({ id, source }: Release): string {
  return source.kind === 'maven' ? source.version : id;
}

function isUnversioned(release: Release): boolean {
  return !/^\d/.test(versionOf(release));
}
