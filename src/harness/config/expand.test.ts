import { describe, expect, test } from 'vitest';
import { loadCells } from './expand.ts';
import { FINANCE, folderWithMatrix, mavenReleases } from '../testing/matrix.ts';

const service = 'O=Notary Service, L=Zurich, C=CH';
const notary = { validating: false, service };
const NOTARY = { id: 'notary', party: 'O=Notary, L=Zurich, C=CH', notary };

test('a cell has all that its network needs', async () => {
  const cwd = await folderWithMatrix({
    releases: mavenReleases('4.10', '4.8', '4.5'),
    cordapps: FINANCE,
    known: [{ pair: '4.8+4.10', reason: 'telemetry', until: '9999-12-31', failures: [{ name: 'x' }] }],
    jvm: 'stock',
  });
  const { cells, settings } = await loadCells({ cwd, env: { COMPAT_SEED: '7', COMPAT_PARALLEL: '2' } });
  expect(cells.map(({ name }) => name)).toEqual(['4.5+4.8', '4.8+4.10']);
  expect(cells[0]).not.toHaveProperty('known');
  expect(cells[1]).toMatchObject({
    name: '4.8+4.10',
    pair: { left: { id: '4.8' }, right: { id: '4.10' } },
    topology: {
      nodes: [
        { ...NOTARY, release: '4.8' },
        { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.8' },
        { id: 'party-b', party: 'O=PartyB, L=New York, C=US', release: '4.10' },
      ],
      onboarding: 'minted',
      database: 'h2',
      minimumPlatformVersion: 'auto',
    },
    provider: 'local',
    jvm: 'stock',
    workload: { seed: 7, operations: 24, parallel: 4 },
    known: { reason: 'telemetry', until: '9999-12-31', failures: [{ name: 'x' }] },
  });
  expect(settings).toEqual({ parallel: 2, keep: 'never' });
});

test('a second notary runs the release that the first one does not', async () => {
  const second = {
    id: 'notary-b',
    party: 'O=NotaryB, L=Geneva, C=CH',
    notary: { validating: false, service: 'O=NotaryB Service, L=Geneva, C=CH' },
  };
  const releases = mavenReleases('4.5', '4.8', '4.10');
  const file = { releases, cordapps: FINANCE, pairs: [['4.8', '4.10']], mixed: 'all' };
  const notariesOf = async (notary: string) => {
    const cwd = await folderWithMatrix({ ...file, topology: { notaries: 2, notary } });
    const { cells } = await loadCells({ cwd, env: {} });
    return cells.map(({ topology }) => topology.nodes.filter((node) => node.notary));
  };
  expect(await notariesOf('left')).toEqual([
    [
      { ...NOTARY, release: '4.8' },
      { ...second, release: '4.10' },
    ],
    [
      { ...NOTARY, release: '4.5' },
      { ...second, release: '4.10' },
    ],
  ]);
  expect(await notariesOf('right')).toEqual([
    [
      { ...NOTARY, release: '4.10' },
      { ...second, release: '4.8' },
    ],
    [
      { ...NOTARY, release: '4.10' },
      { ...second, release: '4.5' },
    ],
  ]);
});

test('where the suites of the lifecycle run there are two notaries, unless the file says otherwise', async () => {
  const file = { releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE };
  const count = async (topology: object, env: Record<string, string>) => {
    const { cells } = await loadCells({ cwd: await folderWithMatrix({ ...file, topology }), env });
    return cells[0]?.topology.nodes.filter(({ notary }) => notary).length;
  };
  expect(await count({}, { COMPAT_LIFECYCLE: '0' })).toBe(1);
  expect(await count({}, { COMPAT_LIFECYCLE: '1' })).toBe(2);
  expect(await count({ notaries: 1 }, { COMPAT_LIFECYCLE: '1' })).toBe(1);
});

test('the notary goes where the topology says', async () => {
  const topology = { notary: 'right', validating: true, minimumPlatformVersion: 4 };
  const cwd = await folderWithMatrix({ releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE, topology });
  const { cells } = await loadCells({ cwd, env: {} });
  expect(cells[0]?.topology.nodes[0]).toEqual({
    ...NOTARY,
    release: '4.10',
    notary: { validating: true, service },
  });
  expect(cells[0]?.topology.minimumPlatformVersion).toBe(4);
});

test('two releases may differ in their CorDapps only', async () => {
  const app = (version: string) => ({ maven: '4.8', cordapps: { maven: [`com.example:app:${version}`] } });
  const cwd = await folderWithMatrix({ releases: { 'app-2': app('2'), 'app-1': app('1') } });
  const { cells } = await loadCells({ cwd, env: {} });
  expect(cells.map(({ name }) => name)).toEqual(['app-1+app-2']);
  expect(cells[0]?.pair?.left.cordapps).toEqual([{ kind: 'maven', coordinate: 'com.example:app:1' }]);
});

describe('peers of a pair', () => {
  test('are as many as the topology names, each of its own party', async () => {
    const topology = { peers: ['right', 'left', 'right'] };
    const cwd = await folderWithMatrix({ releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE, topology });
    const { cells } = await loadCells({ cwd, env: {} });
    expect(cells[0]?.topology.nodes).toEqual([
      { ...NOTARY, release: '4.8' },
      { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.10' },
      { id: 'party-b', party: 'O=PartyB, L=New York, C=US', release: '4.8' },
      { id: 'party-c', party: 'O=PartyC, L=Paris, C=FR', release: '4.10' },
    ]);
  });

  test('of the control are of its one release', async () => {
    const pairs = [['4.8', '4.8']];
    const cwd = await folderWithMatrix({ releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE, pairs });
    const { cells } = await loadCells({ cwd, env: {} });
    expect(cells[0]?.releases.map(({ id }) => id)).toEqual(['4.8']);
    expect(cells[0]?.topology.nodes.map(({ release }) => release)).toEqual(['4.8', '4.8', '4.8']);
  });
});

describe('the mixed cell', () => {
  const ten = ['4.10', '4.0', '4.1', '4.3', '4.4', '4.5', '4.6', '4.7', '4.8', '4.9'];

  test('comes last, with a peer of each release, the oldest first, and the notary of the oldest', async () => {
    const known = [{ pair: 'mixed', reason: 'too many', until: '9999-12-31', failures: [{ name: 'x' }] }];
    const file = { releases: mavenReleases(...ten), cordapps: FINANCE, pairs: [['4.8', '4.10']], mixed: 'all', known };
    const { cells } = await loadCells({ cwd: await folderWithMatrix(file), env: {} });
    const [pair, mixed, ...others] = cells;
    expect([pair?.name, mixed?.name, others]).toEqual(['4.8+4.10', 'mixed', []]);
    expect(pair).not.toHaveProperty('known');
    expect(mixed).toMatchObject({ known: { reason: 'too many', until: '9999-12-31', failures: [{ name: 'x' }] } });
    expect(mixed).not.toHaveProperty('pair');
    const inOrder = ['4.0', '4.1', '4.3', '4.4', '4.5', '4.6', '4.7', '4.8', '4.9', '4.10'];
    expect(mixed?.releases.map(({ id }) => id)).toEqual(inOrder);
    expect(mixed?.topology.nodes.map(({ release }) => release)).toEqual(['4.0', ...inOrder]);
    expect(mixed?.topology.nodes.at(-1)?.id).toBe('party-j');
    const parties = mixed?.topology.nodes.map(({ party }) => party) ?? [];
    expect(new Set(parties).size).toBe(11);
    for (const party of parties) expect(party).toMatch(/^O=\w+, L=[A-Z][A-Za-z ]+, C=[A-Z]{2}$/);
  });

  test('of some releases, with the notary of the newest', async () => {
    const topology = { notary: 'right' };
    const file = { releases: mavenReleases(...ten), cordapps: FINANCE, mixed: ['4.9', '4.0'], topology };
    const { cells } = await loadCells({ cwd: await folderWithMatrix(file), env: {} });
    expect(cells.at(-1)?.topology.nodes.map(({ release }) => release)).toEqual(['4.9', '4.0', '4.9']);
  });
});
