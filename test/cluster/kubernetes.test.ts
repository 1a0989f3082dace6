import { afterAll, beforeAll, expect, test } from 'vitest';
import { RIGHTS } from '../../src/harness/providers/kubernetes/rights.ts';
import { describeWithEngineAndCluster } from '../rig/cluster-tests.ts';
import { clusterUser, type ClusterUser } from '../rig/cluster-user.ts';
import type { Finished } from '../e2e/compat-run.ts';
import { CELLS, kubernetesPlace, MATRIX, SUITES, type KubernetesPlace } from './kubernetes-place.ts';

describeWithEngineAndCluster('provider kubernetes, from the matrix to the verdict', () => {
  let own: KubernetesPlace;
  let user: ClusterUser;
  let all: Finished;
  /** Most namespaces of ours that were seen at once. */
  let most = 0;

  beforeAll(async () => {
    own = await kubernetesPlace('compat-e2e');
    user = await clusterUser(RIGHTS);
    const looking = setInterval(() => {
      void own.namespaces().then((namespaces) => (most = Math.max(most, namespaces.length)));
    }, 1000);
    all = await own.place.run([], own.env({ KUBECONFIG: user.kubeconfig })).done();
    clearInterval(looking);
  });
  afterAll(async () => {
    await user.remove();
    await own.place.remove();
  });

  test('all suites are green for two pairs in two namespaces at once, with the documented rights alone, and nothing is left', async () => {
    for (const name of CELLS) {
      const cell = await all.cell(name);
      expect(cell.outcome, all.output).toBe('compatible');
      expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    }
    expect(all.code).toBe(0);
    expect(all.lastLine).toMatch(/^\d+ passed, 0 failed$/);
    expect(most).toBe(2);
    expect(await own.leftovers(0)).toEqual([]);
  });

  test('nodes in Pods register with a doorman in a Pod, and trade; as Deployments', async () => {
    const kubernetes = { workload: 'deployment' };
    const topology = { onboarding: 'doorman' };
    const registering = await kubernetesPlace('compat-doorman', { ...MATRIX, kubernetes, topology });
    try {
      const args = ['suites/health', 'suites/pay', '--project', '4.5+4.10'];
      const run = registering.place.run(args, registering.env());
      await run.says(/network is up/, 300_000);
      const [{ metadata } = {}] = await registering.namespaces();
      const { items } = await registering.cluster.apps.listNamespacedDeployment({ namespace: metadata?.name ?? '' });
      const names = items.map((deployment) => deployment.metadata?.name).sort();
      expect(names).toEqual(['4-10', '4-5', '4-5-notary', 'doorman', 'driver']);
      const end = await run.done();
      const cell = await end.cell('4.5+4.10');
      expect(cell.outcome, end.output).toBe('compatible');
      expect(await registering.leftovers(0)).toEqual([]);
    } finally {
      await registering.place.remove();
    }
  });

  test('without a registry the cell is blocked, with what to do', async () => {
    const end = await own.place.run(SUITES, own.env({ COMPAT_REGISTRY: '' })).done();
    const cell = await end.cell('4.8+4.10');
    expect(cell.outcome).toBe('blocked');
    expect(cell.because).toMatch(/needs a registry that the cluster pulls images from: set COMPAT_REGISTRY/);
    expect(await own.leftovers(0)).toEqual([]);
  });
});
