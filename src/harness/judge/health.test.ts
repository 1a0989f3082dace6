import { describe, expect, test } from 'vitest';
import type { HealthView, JvmView } from '../lease/driver-api.ts';
import { clockProblems, heapProblems, notLoaded, poolProblems, queueProblems, type SeenNode } from './health.ts';

const JVM: JvmView = {
  heapUsedBytes: 400 * 1024 ** 2,
  heapMaxBytes: 500 * 1024 ** 2,
  heapLiveBytes: 200 * 1024 ** 2,
  uptimeMs: 60_000,
  threads: 150,
  collections: 40,
  collectionsMs: 900,
  pool: { active: 0, total: 10, waiting: 0, max: 10 },
};

function silentView(node: string): HealthView {
  return { node, answeredMs: 5, platformVersion: 10, networkMapSize: 3, notaries: [], clockOffsetMs: 0 };
}

function node(id: string, release: string, view: Partial<HealthView> = {}): SeenNode {
  return { id, release, view: { ...silentView(id), jvm: JVM, ...view } };
}

/** With clocks that are so far ahead of the driver's. */
function clocks(...offsets: readonly number[]): readonly SeenNode[] {
  const names = ['notary', 'party-a', 'party-b', 'party-c'];
  return offsets.map((clockOffsetMs, at) => node(names[at] ?? '', `4.${at}`, { clockOffsetMs }));
}

describe('clocks', () => {
  test('that agree to five seconds are well, even if the driver’s own differs', () => {
    expect(clockProblems(clocks(0, 5_000, 0))).toEqual([]);
    expect(clockProblems(clocks(3_600_000, 3_600_000, 3_595_000))).toEqual([]);
    expect(clockProblems([])).toEqual([]);
  });

  test('that are not where most are, are told with their releases and by how much, ahead or behind', () => {
    expect(clockProblems(clocks(0, 3_600_123, 12))).toEqual([
      '4.1 (party-a): its clock is 3600 s ahead of the other nodes’ (limit 5 s)',
    ]);
    expect(clockProblems(clocks(100, 100, -4_901))).toEqual([
      '4.2 (party-b): its clock is 5.0 s behind the other nodes’ (limit 5 s)',
    ]);
    expect(clockProblems(clocks(0, 9_000, 0, -7_000))).toHaveLength(2);
  });
});

describe('heap', () => {
  test('counts what is in use after collections, not what waits to be collected', () => {
    expect(heapProblems([node('party-a', '4.8', { jvm: { ...JVM, heapUsedBytes: JVM.heapMaxBytes } })])).toEqual([]);
    const jvm = { ...JVM, heapLiveBytes: 451 * 1024 ** 2 };
    expect(heapProblems([node('party-a', '4.8', { jvm }), node('party-b', '4.10')])).toEqual([
      '4.8 (party-a): 451 of 500 MB of its heap are in use after a collection (limit 90 %): give its release more memory in jvmArgs',
    ]);
  });

  test('of a JVM that cannot be asked is no problem', () => {
    const silent = { id: 'party-a', release: '3.3', view: silentView('party-a') };
    expect([...heapProblems([silent]), ...poolProblems([silent]), ...queueProblems([silent])]).toEqual([]);
  });
});

describe('database connections', () => {
  const busy = (active: number, waiting: number): SeenNode =>
    node('party-a', '4.8', { jvm: { ...JVM, pool: { active, total: 10, waiting } } });

  test('of a quiet node are all in its pool', () => {
    expect(poolProblems([busy(0, 0)])).toEqual([]);
    expect(poolProblems([busy(2, 0)])).toEqual(['4.8 (party-a): 2 of 10 database connections are in use']);
    expect(poolProblems([busy(10, 3)])).toEqual([
      '4.8 (party-a): 10 of 10 database connections are in use, and 3 wait for one',
    ]);
  });

  test('of a busy one are enough if no thread waits', () => {
    expect(queueProblems([busy(10, 0)])).toEqual([]);
    expect(queueProblems([busy(10, 3)])).toEqual([
      '4.8 (party-a): 3 threads wait for a database connection; 10 of 10 are in use',
    ]);
  });
});

describe('CorDapps', () => {
  const given = [
    { name: 'a.jar', sha256: 'aa', signed: true, inLog: 'Contract CorDapp: A version 1 ' },
    { name: 'b.jar', sha256: 'bb', signed: true, inLog: 'b' },
  ];
  const party = { id: 'party-a', release: '4.3', cordapps: given };
  const loaded = (...hashes: readonly string[]) => hashes.map((sha256) => ({ name: `${sha256}-file`, sha256 }));

  test('that a node has loaded are told by RPC, by their checksums', () => {
    expect(notLoaded(party, loaded('bb', 'cc', 'aa'))).toEqual([]);
    expect(notLoaded(party, loaded('aa', 'cc'))).toEqual([
      '4.3 (party-a) has not loaded b.jar (seen: aa-file, cc-file)',
    ]);
    expect(notLoaded(party, [])).toHaveLength(2);
  });

  test('or by the log, where there is no such call', () => {
    const of = (loadedLine: string) => notLoaded({ ...party, loadedLine }, undefined);
    expect(of('Contract CorDapp: A version 1 by vendor R3 with licence X, b')).toEqual([]);
    expect(of('core, b, Contract CorDapp: A version 1 by vendor R3')).toEqual([]);
    expect(of('core, b, Contract CorDapp: A version 11 by vendor R3')).toEqual([
      '4.3 (party-a) has not loaded a.jar (seen: core, b, Contract CorDapp: A version 11 by vendor R3)',
    ]);
    // Another CorDapp, whose name begins alike.
    expect(of('Contract CorDapp: A version 1 by vendor R3, big')).toMatchObject([expect.stringContaining('b.jar')]);
    expect(of('')).toHaveLength(2);
  });

  test('that neither tells are not taken for granted', () => {
    expect(notLoaded(party, undefined)).toEqual([
      '4.3 (party-a): neither its RPC nor its log tells which CorDapps it has loaded',
    ]);
  });
});
