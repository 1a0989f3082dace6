import { expect, test } from 'vitest';
import { compareSuites, suiteName } from './suites.ts';

const paths = (...names: string[]): string[] => names.map((name) => `/project/suites/${name}.test.ts`);

test('listed suites first, unknown ones by name, the vault and what replaces nodes at the end', () => {
  expect(
    paths('vault', 'zebra', 'pay', 'upgrade', 'ape', 'issue', 'notary', 'health', 'random').sort(compareSuites),
  ).toEqual(paths('health', 'issue', 'pay', 'random', 'notary', 'ape', 'zebra', 'vault', 'upgrade'));
});

test('several vault files keep an order of their own', () => {
  expect(['b/vault.test.ts', 'a/vault.test.ts'].sort(compareSuites)).toEqual(['a/vault.test.ts', 'b/vault.test.ts']);
});

test.each([
  ['suites/pay.test.ts', 'pay'],
  ['node_modules/corda-compat/suites/lifecycle/restart.test.ts', 'restart'],
  ['suites/fees.test.ts', 'suites/fees.test.ts'],
  ['own/pay.test.ts', 'own/pay.test.ts'],
])('in plans %s is called %s', (file, name) => {
  expect(suiteName(file)).toBe(name);
});
