import { describe, expect, test } from 'vitest';
import { compareMavenVersions } from './version.ts';

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
  ['4.10-a1', '4.10', '4.10-a'],
  ['1', '1.ga.1'],
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
  ['1..1', '1.0.1'],
  ['-1', '0-1'],
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
});
