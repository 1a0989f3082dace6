import { expect, test } from 'vitest';
import { paceWords, releaseOf } from './cell.ts';
import type { Cell } from './cell.ts';
import type { Release } from './release.ts';
import { notarisesAs, peersOf, type NodeRole, type Topology } from '../corda/topology.ts';

const NOTARY = {
  party: 'O=Notary, L=Zurich, C=CH',
  notary: { validating: true, service: 'O=Service, L=Zurich, C=CH' },
};

test.each([
  ['doorman', true, NOTARY.notary.service],
  ['doorman', false, NOTARY.party],
  ['minted', true, NOTARY.party],
  ['minted', false, NOTARY.party],
] as const)(
  'a notary of a zone that is %s, with identities of services %s, is %s',
  (onboarding, serviceIdentity, party) => {
    expect(notarisesAs(NOTARY, { onboarding, serviceIdentity })).toBe(party);
  },
);

test('a node runs the release of its cell that has its id', () => {
  const cell = { name: '4.8+4.10', releases: [release('4.8'), release('4.10')] } as unknown as Cell;
  expect(releaseOf(cell, node('party-b', '4.10'))).toBe(cell.releases[1]);
  expect(() => releaseOf(cell, node('party-b', '4.9'))).toThrow('bug in the harness: 4.8+4.10 has no release 4.9');
});

test('peers are the nodes that are no notary, in their order', () => {
  const [notary, a, b] = [{ ...node('notary', '4.8'), notary: NOTARY.notary }, node('a', '4.8'), node('b', '4.10')];
  expect(peersOf({ nodes: [a, notary, b] } as unknown as Topology)).toEqual([a, b]);
});

test('a pace is so many operations at a time, or a second', () => {
  expect(paceWords({ parallel: 4 })).toBe('4 at a time');
  expect(paceWords({ parallel: 4, rate: 2 })).toBe('2 a second');
});

function release(id: string): Release {
  return { id, source: { kind: 'maven', version: id }, cordapps: [], jvmArgs: [] };
}

function node(id: string, release: string): NodeRole {
  return { id, party: `O=${id}, L=London, C=GB`, release };
}
