import { expect, test } from 'vitest';
import type { Release } from '../config/release.ts';
import { cordappsText, listed, sourceText } from './plan-words.ts';

const jar: Release = {
  id: 'mine',
  source: { kind: 'jar', path: '/srv/node.jar' },
  cordapps: [
    { kind: 'jar', path: '/srv/app.jar' },
    { kind: 'maven', coordinate: 'net.corda:corda-finance:{version}' },
    { kind: 'maven', coordinate: 'com.net.corda:app:1' },
  ],
  jvmArgs: [],
};

test('a jar is named by its path; what its release is called, nobody knows yet', () => {
  expect(sourceText(jar)).toBe('/srv/node.jar');
  expect(cordappsText(jar)).toBe('/srv/app.jar, corda-finance:{version} and com.net.corda:app:1');
});

test.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a and b'],
  [['a', 'b', 'c'], 'a, b and c'],
])('%j is listed as %j', (words, text) => {
  expect(listed(words)).toBe(text);
});
