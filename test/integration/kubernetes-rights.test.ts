import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { testProviderConformance } from '../../src/harness/providers/conformance.ts';
import { RIGHTS } from '../../src/harness/providers/kubernetes/rights.ts';
import { clusterPlace, type ClusterPlace } from '../rig/cluster-place.ts';
import { describeWithCluster } from '../rig/cluster-tests.ts';
import { clusterUser, type ClusterUser } from '../rig/cluster-user.ts';

// A user who may do exactly what the documented roles allow: all that a provider must do, it can do.

describeWithCluster('with the rights of the table alone', () => {
  let folder: string;
  let place: ClusterPlace;
  let user: ClusterUser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubernetes-rights-'));
    place = await clusterPlace(folder);
    user = await clusterUser(RIGHTS);
  });

  afterAll(async () => {
    const left = await readdir(place.root).catch(() => []);
    await user.remove();
    await place.close();
    await rm(folder, { recursive: true });
    expect(left).toEqual([]);
  });

  testProviderConformance('kubernetes', () =>
    Promise.resolve({
      provider: place.provider({ prefix: `compat-rights-${process.pid}` }, { kubeconfig: user.kubeconfig }),
      traits: { kinds: ['pod', 'claim', 'object', 'namespace', 'volume', 'folder'], ownNetworks: true },
      launch: (node, args) => place.launch(node, args),
      launchService: (service, args) => place.launchService(service, args),
    }),
  );
});
