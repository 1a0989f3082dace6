import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { testProviderConformance } from '../../src/harness/providers/conformance.ts';
import { describeWithCluster } from '../rig/cluster-tests.ts';
import { clusterPlace, type ClusterPlace } from '../rig/cluster-place.ts';

describeWithCluster('with a cluster', () => {
  let folder: string;
  let place: ClusterPlace;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'provider-kubernetes-'));
    place = await clusterPlace(folder);
  });

  afterAll(async () => {
    expect(await place.left()).toEqual([]);
    expect(await readdir(place.root).catch(() => [])).toEqual([]);
    await place.close();
    await rm(folder, { recursive: true });
  });

  testProviderConformance('kubernetes', () =>
    Promise.resolve({
      provider: place.provider(),
      traits: { kinds: ['pod', 'claim', 'object', 'namespace', 'volume', 'folder'], ownNetworks: true },
      launch: (node, args) => place.launch(node, args),
      launchService: (service, args) => place.launchService(service, args),
    }),
  );
});
