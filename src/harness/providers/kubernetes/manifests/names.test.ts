import { describe, expect, test } from 'vitest';
import { labelValue, namespaceName, workloadName } from './names.ts';

const DNS_LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const parts = { prefix: 'corda-compat', runId: '20261123-154512-ab12cd', cell: '4.8+4.10' };

describe('names of namespaces', () => {
  test('tell the run and the pair', () => {
    expect(namespaceName(parts)).toBe('corda-compat-20261123-154512-ab12cd-4-8-4-10');
    expect(namespaceName({ ...parts, number: 2 })).toBe('corda-compat-20261123-154512-ab12cd-4-8-4-10-2');
  });

  test.each([
    ['4.8+4.10', '4-8+4.10'],
    ['4.8+x_y', '4.8+x-y'],
    ['A+b', 'a+b'],
    [`${'a'.repeat(40)}+${'b'.repeat(40)}`, `${'a'.repeat(40)}+${'c'.repeat(40)}`],
  ])('%s and %s have names that the cluster takes, and not the same', (one, other) => {
    const names = [one, other].map((cell) => namespaceName({ ...parts, cell }));
    for (const name of names) expect(name).toMatch(DNS_LABEL);
    expect(new Set(names).size).toBe(2);
  });
});

describe('names of workloads', () => {
  test('are the release’s; a second node of it adds its id', () => {
    const peer = { release: '4.8', id: 'party-a', notary: false };
    expect(workloadName(peer, new Set())).toBe('4-8');
    expect(workloadName({ ...peer, id: 'notary', notary: true }, new Set(['4-8']))).toBe('4-8-notary');
    expect(workloadName({ ...peer, id: 'party-b' }, new Set(['4-8']))).toBe('4-8-party-b');
  });

  test('leave room for what the cluster adds', () => {
    const long = { release: 'release/os/4.12-with-a-very-long-name-that-goes-on-and-on', id: 'party-a', notary: true };
    const name = workloadName(long, new Set());
    expect(name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    expect(name.length).toBeLessThanOrEqual(40);
    expect(workloadName({ ...long, release: `${long.release}x` }, new Set())).not.toBe(name);
  });
});

test('label values have no letters that the cluster refuses', () => {
  expect(labelValue('4.8+4.10')).toBe('4.8_4.10');
  expect(labelValue('-x/y-')).toBe('x_y');
  expect(labelValue('x'.repeat(80))).toHaveLength(63);
});
