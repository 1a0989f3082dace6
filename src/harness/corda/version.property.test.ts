import { fc, test as property } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { compareMavenVersions } from './version.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 5000);

describe('Maven version order', () => {
  const word = fc.constantFrom('alpha', 'rc', 'RC', 'SNAPSHOT', 'ga', 'final', 'sp', 'corda', 'm', 'a', 'HC', '');
  const piece = fc.oneof(fc.nat({ max: 12 }).map(String), fc.constantFrom('0', '01'), word);
  const version = fc
    .array(fc.tuple(piece, fc.constantFrom('.', '-', '')), { minLength: 1, maxLength: 5 })
    .map((pieces) => pieces.flat().join(''));
  const anything = fc.oneof({ weight: 5, arbitrary: version }, { weight: 1, arbitrary: fc.string() });

  property.prop([anything])('is reflexive', (a) => {
    expect(compareMavenVersions(a, a)).toBe(0);
  });

  property.prop([anything, anything], { numRuns: RUNS })('is antisymmetric', (a, b) => {
    expect(Math.sign(compareMavenVersions(a, b))).toBe(-Math.sign(compareMavenVersions(b, a)) + 0);
  });

  property.prop([version, version, version], { numRuns: RUNS })('is transitive, equality included', (...versions) => {
    const [a, b, c] = versions.toSorted(compareMavenVersions) as [string, string, string];
    expect(compareMavenVersions(a, b)).toBeLessThanOrEqual(0);
    expect(compareMavenVersions(b, c)).toBeLessThanOrEqual(0);
    expect(compareMavenVersions(a, c)).toBeLessThanOrEqual(0);
    if (compareMavenVersions(a, c) === 0) expect(compareMavenVersions(a, b)).toBe(0);
  });
});
