import { expect, test } from 'vitest';
import { artifactPath, jarName, parseCoordinate } from './maven-repository.ts';
import { nearVersions, versionsOf } from './maven.ts';

const AVAILABLE = ['corda-3.0', '3.1-corda', '3.3-corda', '4.0', '4.5', '4.8', '4.9', '4.10'];

test('versions of a maven-metadata.xml, in Maven order', () => {
  const xml = (...list: string[]) =>
    `<metadata><versioning><versions>${list.map((v) => `<version>${v}</version>`).join('')}</versions></versioning></metadata>`;
  expect(versionsOf(xml('4.10', '4.9', '3.3-corda'))).toEqual(['3.3-corda', '4.9', '4.10']);
  expect(versionsOf(xml('4.10'))).toEqual(['4.10']);
  expect(versionsOf(xml())).toEqual([]);
  expect(() => versionsOf('<html>moved</html>')).toThrow();
});

test.each([
  ['4.100', '4.10'],
  ['3.3', '3.3-corda'],
  ['4.80', '4.8'],
  ['corda-3.1', 'corda-3.0'],
])('near %s comes %s', (wanted, near) => {
  expect(nearVersions(wanted, AVAILABLE).slice(0, 3)).toContain(near);
});

test('five near versions at most; of equally many letters, neighbours first', () => {
  expect(nearVersions('4.7', AVAILABLE)).toEqual(['4.5', '4.8', '4.0', '4.9', '4.10']);
});

test('a coordinate is taken apart', () => {
  const plain = parseCoordinate('net.corda:corda:4.10', 'resolve');
  expect([artifactPath(plain), jarName(plain)]).toEqual(['net/corda/corda', 'corda-4.10.jar']);
  expect(jarName(parseCoordinate('a:b:1:tests', 'resolve'))).toBe('b-1-tests.jar');
});

test.each(['', 'a:b', 'a:b:c:d:e', 'a::1', 'a:b:../../x', 'a/b:c:1', 'a:b:1..2', 'a:b:{version}'])(
  '%j is no coordinate',
  (text) => {
    expect(() => parseCoordinate(text, 'cordapps')).toThrow(/no Maven coordinate/);
  },
);

test('a snapshot is refused, with what to do instead', () => {
  expect(() => parseCoordinate('a:b:1-SNAPSHOT', 'cordapps')).toThrow(/Name the jar file itself/);
});
