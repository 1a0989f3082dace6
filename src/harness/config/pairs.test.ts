import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { compareMavenVersions } from '../corda/version.ts';
import type { Release } from './release.ts';
import type { PairChoice } from './matrix.ts';
import { compareReleases, pairChoice, pairName, pairsOf } from './pairs.ts';

function maven(id: string, version = id): Release {
  return { id, source: { kind: 'maven', version }, cordapps: [], jvmArgs: [] };
}

function jar(id: string): Release {
  return { id, source: { kind: 'jar', path: `/${id}.jar` }, cordapps: [], jvmArgs: [] };
}

function names(choice: PairChoice, ...releases: Release[]): string[] {
  return pairsOf(choice, releases).map(pairName);
}

const shuffled = ['4.10', '3.3-corda', '4.9', '4.8'].map((version) => maven(version));

describe('each choice of pairs', () => {
  test('all: every two, the older left', () => {
    expect(names({ kind: 'all' }, ...shuffled)).toEqual([
      '3.3-corda+4.8',
      '3.3-corda+4.9',
      '3.3-corda+4.10',
      '4.8+4.9',
      '4.8+4.10',
      '4.9+4.10',
    ]);
  });

  test('ordered: every two, both ways round', () => {
    expect(names({ kind: 'ordered' }, maven('4.10'), maven('4.9'), maven('4.8'))).toEqual([
      '4.8+4.9',
      '4.8+4.10',
      '4.9+4.8',
      '4.9+4.10',
      '4.10+4.8',
      '4.10+4.9',
    ]);
  });

  test('adjacent: neighbours in version order', () => {
    expect(names({ kind: 'adjacent' }, ...shuffled)).toEqual(['3.3-corda+4.8', '4.8+4.9', '4.9+4.10']);
  });

  test('against: one with each other, the older left', () => {
    const choice = { kind: 'against', release: '4.9' } as const;
    expect(names(choice, ...shuffled)).toEqual(['3.3-corda+4.9', '4.8+4.9', '4.9+4.10']);
  });

  test('list: as written, controls and both ways round included, sorted', () => {
    const choice = pairChoice([
      ['4.10', '4.8'],
      ['4.8', '4.8'],
      ['4.8', '4.10'],
    ]);
    expect(choice && names(choice, ...shuffled)).toEqual(['4.8+4.8', '4.8+4.10', '4.10+4.8']);
  });

  test('is read from what is written, or refused', () => {
    expect(pairChoice('all')).toEqual({ kind: 'all' });
    expect(pairChoice('against:4.8')).toEqual({ kind: 'against', release: '4.8' });
    expect(pairChoice('some')).toBeUndefined();
    expect(pairChoice('against:')).toBeUndefined();
    expect(pairChoice('not against:4.8')).toBeUndefined();
  });
});

describe('the order of releases', () => {
  test('is by version, not by id; equal nodes by id, so that app-9 meets app-10', () => {
    const sorted = [maven('app-10', '4.8'), maven('z', '4.5'), maven('app-9', '4.8'), maven('a', '4.10')].sort(
      compareReleases,
    );
    expect(sorted.map(({ id }) => id)).toEqual(['z', 'app-9', 'app-10', 'a']);
  });

  test('takes a jar by its id, and last where that is no version', () => {
    const sorted = [jar('mine-4'), maven('4.10'), jar('4.9-patched'), maven('4.8')].sort(compareReleases);
    expect(sorted.map(({ id }) => id)).toEqual(['4.8', '4.9-patched', '4.10', 'mine-4']);
  });

  test('is the same for ids that mean the same version, whatever their order was', () => {
    const [one, other] = [maven('4.8', '4.8'), maven('4.8.0', '4.8')];
    expect([one, other].sort(compareReleases)).toEqual([one, other]);
    expect([other, one].sort(compareReleases)).toEqual([one, other]);
    expect(compareReleases(one, one)).toBe(0);
  });
});

const version = fc.oneof(
  fc.tuple(fc.integer({ min: 3, max: 5 }), fc.integer({ min: 0, max: 14 })).map((parts) => parts.join('.')),
  fc.constantFrom('3.3-corda', '4.9-RC01', '4.9-RC02', '4.10-SNAPSHOT', '4.10.1', '4.12.2'),
);
const releases = fc
  .uniqueArray(fc.tuple(version, fc.constantFrom('', 'mine-', 'app-')), {
    selector: (parts) => parts.join(),
    minLength: 1,
  })
  .map((all) => all.map(([id, prefix]) => (prefix === 'mine-' ? jar(`mine-${id}`) : maven(`${prefix}${id}`, id))));
const mode = fc.constantFrom<PairChoice[]>({ kind: 'all' }, { kind: 'adjacent' });

describe('whatever the releases', () => {
  property.prop([releases, mode])('left is never newer than right', (all, choice) => {
    for (const { left, right } of pairsOf(choice, all)) {
      expect(compareReleases(left, right)).toBeLessThan(0);
      if (left.source.kind === 'maven' && right.source.kind === 'maven')
        expect(compareMavenVersions(left.source.version, right.source.version)).toBeLessThanOrEqual(0);
    }
  });

  property.prop([releases, fc.integer()])('the order of the file does not matter', (all, seed) => {
    const rotated =
      all.length === 0 ? [] : [...all.slice(Math.abs(seed) % all.length), ...all].slice(0, all.length * 2);
    const other = [...new Set(rotated)];
    expect(names({ kind: 'ordered' }, ...other)).toEqual(names({ kind: 'ordered' }, ...all));
  });

  property.prop([releases])('all has n(n-1)/2 pairs, ordered twice that, adjacent n-1, none twice', (all) => {
    const count = all.length;
    const found = (['all', 'ordered', 'adjacent'] as const).map((kind) => names({ kind }, ...all));
    expect(found.map((pairs) => pairs.length)).toEqual([(count * (count - 1)) / 2, count * (count - 1), count - 1]);
    for (const pairs of found) expect(new Set(pairs).size).toBe(pairs.length);
  });
});
