import { expect, test } from 'vitest';
import type { Cell } from '../config/cell.ts';
import type { Release } from '../config/release.ts';
import { noUpgradeOf } from './lease.ts';

const maven = (id: string): Release => ({ id, source: { kind: 'maven', version: id }, cordapps: [], jvmArgs: [] });
const cellOf = (left: Release, right: Release, provider: Cell['provider'] = 'local'): Cell =>
  ({ pair: { left, right }, provider }) as Cell;

test.each([
  ['4.5', '4.8', undefined],
  ['4.8', '4.8', 'both sides are 4.8'],
  ['4.10', '4.8', '4.8 is older than 4.10'],
  ['4.11', '4.12', undefined],
  ['4.10', '4.12', '4.12 takes over data of 4.11 and later only'],
])('from %s to %s: %s', (left, right, why) => {
  const found = noUpgradeOf(cellOf(maven(left), maven(right)));
  if (why === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(why);
});

test('not where files of nodes cannot be replaced, and not in a mixed cell', () => {
  expect(noUpgradeOf(cellOf(maven('4.5'), maven('4.8'), 'docker'))).toContain('provider docker');
  expect(noUpgradeOf({ provider: 'local' } as Cell)).toContain('mixed');
});

test('a release whose version nobody knows before it is built is tried', () => {
  const built: Release = { ...maven('next'), source: { kind: 'jar', path: '/dist/corda.jar' } };
  expect(noUpgradeOf(cellOf(maven('4.8'), built))).toBeUndefined();
});
