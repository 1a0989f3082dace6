import { expect, test } from 'vitest';
import { loadCells } from './expand.ts';
import { FINANCE, folderWithMatrix, mavenReleases } from './matrix-fixture.ts';

const service = 'O=Notary Service, L=Zurich, C=CH';
const notary = { validating: false, service };
const LEFT_NOTARY = { id: 'notary', party: 'O=Notary, L=Zurich, C=CH', side: 'left', notary };

test('a cell has all that its network needs', async () => {
  const cwd = await folderWithMatrix({
    releases: mavenReleases('4.10', '4.8', '4.5'),
    cordapps: FINANCE,
    known: [{ pair: '4.8+4.10', reason: 'telemetry', until: '9999-12-31' }],
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
        LEFT_NOTARY,
        { id: 'party-a', party: 'O=PartyA, L=London, C=GB', side: 'left' },
        { id: 'party-b', party: 'O=PartyB, L=New York, C=US', side: 'right' },
      ],
      onboarding: 'minted',
      database: 'h2',
      minimumPlatformVersion: 'auto',
    },
    provider: 'local',
    jvm: 'stock',
    workload: { seed: 7, operations: 24, parallel: 4 },
    known: { reason: 'telemetry', until: '9999-12-31' },
  });
  expect(settings).toEqual({ parallel: 2, keep: 'never' });
});

test('the notary goes where the topology says', async () => {
  const topology = { notary: 'right', validating: true, minimumPlatformVersion: 4 };
  const cwd = await folderWithMatrix({ releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE, topology });
  const { cells } = await loadCells({ cwd, env: {} });
  expect(cells[0]?.topology.nodes[0]).toEqual({ ...LEFT_NOTARY, side: 'right', notary: { validating: true, service } });
  expect(cells[0]?.topology.minimumPlatformVersion).toBe(4);
});

test('two releases may differ in their CorDapps only', async () => {
  const app = (version: string) => ({ maven: '4.8', cordapps: { maven: [`com.example:app:${version}`] } });
  const cwd = await folderWithMatrix({ releases: { 'app-2': app('2'), 'app-1': app('1') } });
  const { cells } = await loadCells({ cwd, env: {} });
  expect(cells.map(({ name }) => name)).toEqual(['app-1+app-2']);
  expect(cells[0]?.pair.left.cordapps).toEqual([{ kind: 'maven', coordinate: 'com.example:app:1' }]);
});
