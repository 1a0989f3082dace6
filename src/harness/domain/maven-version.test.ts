import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { compareMavenVersions } from './maven-version.ts';

/** Each line strictly ascending. */
const ASCENDING = [
  ['corda-3.0', '3.1-corda', '3.2-corda', '3.3-corda', '4.0', '4.1', '4.3', '4.9', '4.10', '4.11.7', '4.14'],
  ['4.10-SNAPSHOT', '4.10', '4.10.1'],
  [
    '4.10-alpha',
    '4.10-beta',
    '4.10-milestone',
    '4.10-rc',
    '4.10-SNAPSHOT',
    '4.10',
    '4.10-sp',
    '4.10-corda',
    '4.10-1',
    '4.10.1',
  ],
  ['4.9-RC01', '4.9-RC02', '4.9-RC10', '4.9'],
  ['4.9-alpha-1', '4.9-a2', '4.9-b1', '4.9-m1', '4.9-RC1'],
  ['1-sp', '1-xyz', '1-1', '1.0.1', '1.1'],
  ['1.0.alpha', '1', '1.sp', '1.0.1'],
  ['20180101.1', '20240101123456789012345', '20240101123456789012346'],
  ['1.foo', '1-1', '1.1'],
];
const EQUAL = [
  ['4.0', '4', '4.0.0', '4-0', '4.0-ga', '4.0.Final', '4.0-RELEASE'],
  ['4.10-RC1', '4.10-rc1', '4.10-cr1', '4.10.rc-1', '4.10RC01'],
  ['1-a1', '1-alpha-1', '1alpha1'],
  ['1.0.0-0-alpha', '1-alpha'],
];

describe('Maven version order', () => {
  test.each(ASCENDING)('ascends: %s < %s < …', (...versions) => {
    for (const [index, older] of versions.entries()) {
      for (const newer of versions.slice(index + 1)) {
        expect.soft(compareMavenVersions(older, newer), `${older} < ${newer}`).toBeLessThan(0);
        expect.soft(compareMavenVersions(newer, older), `${newer} > ${older}`).toBeGreaterThan(0);
      }
    }
  });

  test.each(EQUAL)('takes as equal: %s = %s = …', (...versions) => {
    for (const a of versions) for (const b of versions) expect.soft(compareMavenVersions(a, b), `${a} = ${b}`).toBe(0);
  });

  const word = fc.constantFrom('alpha', 'rc', 'RC', 'SNAPSHOT', 'ga', 'final', 'sp', 'corda', 'm', 'a', 'HC', '');
  const piece = fc.oneof(fc.nat({ max: 12 }).map(String), fc.constantFrom('0', '01'), word);
  const version = fc
    .array(fc.tuple(piece, fc.constantFrom('.', '-', '')), { minLength: 1, maxLength: 5 })
    .map((pieces) => pieces.flat().join(''));
  const anything = fc.oneof({ weight: 5, arbitrary: version }, { weight: 1, arbitrary: fc.string() });

  property.prop([anything])('is reflexive', (a) => {
    expect(compareMavenVersions(a, a)).toBe(0);
  });

  property.prop([anything, anything], { numRuns: 2000 })('is antisymmetric', (a, b) => {
    expect(Math.sign(compareMavenVersions(a, b))).toBe(-Math.sign(compareMavenVersions(b, a)) + 0);
  });

  property.prop([version, version, version], { numRuns: 5000 })('is transitive, equality included', (...versions) => {
    const [a, b, c] = versions.toSorted(compareMavenVersions) as [string, string, string];
    expect(compareMavenVersions(a, b)).toBeLessThanOrEqual(0);
    expect(compareMavenVersions(b, c)).toBeLessThanOrEqual(0);
    expect(compareMavenVersions(a, c)).toBeLessThanOrEqual(0);
    if (compareMavenVersions(a, c) === 0) expect(compareMavenVersions(a, b)).toBe(0);
  });
});
