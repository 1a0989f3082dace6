import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { testProviderConformance } from '../../src/harness/testing/conformance/conformance.ts';
import { RIGHTS } from '../../src/harness/providers/kubernetes/rights.ts';
import { describeWithCluster } from '../rig/cluster-tests.ts';
import { clusterPlace, type ClusterPlace } from '../rig/cluster-place.ts';
import { clusterUser, type ClusterUser } from '../rig/cluster-user.ts';

// As a user who may do exactly what the documented rights allow: all that a provider must do, it can do.

describeWithCluster('with a cluster, and the rights of the table alone', () => {
  let folder: string;
  let place: ClusterPlace;
  let user: ClusterUser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'provider-kubernetes-'));
    place = await clusterPlace(folder);
    user = await clusterUser(RIGHTS);
  });

  afterAll(async () => {
    expect(await place.left()).toEqual([]);
    expect(await readdir(place.root).catch(() => [])).toEqual([]);
    await user.remove();
    await place.close();
    await rm(folder, { recursive: true });
  });

  testProviderConformance('kubernetes', () =>
    Promise.resolve({
      provider: place.provider({ prefix: `compat-rights-${process.pid}` }, { kubeconfig: user.kubeconfig }),
      traits: {
        kinds: ['pod', 'claim', 'object', 'namespace', 'volume', 'folder'],
        ownNetworks: true,
        tellsThreads: false,
      },
      launch: (node, args) => place.launch(node, args),
      launchService: (service, args) => place.launchService(service, args),
    }),
  );
});
