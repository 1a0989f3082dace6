import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLUSTER_ROOT, startComponent, stopComponent } from '../rig/cluster-rig.ts';
import { clusterEnv, describeWithEngineAndCluster } from '../rig/cluster-tests.ts';
import { outageProxy } from '../rig/outage-proxy.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import type { Run } from '../e2e/compat-run.ts';
import { IN_SUITES, kubernetesPlace, type KubernetesPlace } from './kubernetes-place.ts';

const CELL = '4.8+4.10';
const TRADE = ['suites/issue', 'suites/pay', 'suites/vault', '--project', CELL];

describeWithEngineAndCluster('provider kubernetes, when the cluster has faults while nodes trade', () => {
  let own: KubernetesPlace;

  beforeAll(async () => {
    own = await kubernetesPlace('compat-faults');
  });
  afterAll(() => own.place.remove());

  async function isGreen(run: Run): Promise<void> {
    const end = await run.done();
    const cell = await end.cell(CELL);
    expect(cell.outcome, end.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(await own.leftovers(0)).toEqual([]);
  }

  test.for([
    ['node', '4-10-0', /party-b \(4\.10\) was away while trading: its Pod 4-10-0 was deleted/],
    ['driver', 'driver-0', /: driver was away while trading: its Pod driver-0 was deleted/],
  ] as const)('a %s whose Pod is deleted: what the suites saw is no verdict', async ([, name, because]) => {
    const run = own.place.run(['suites/issue', 'suites/pay', 'suites/random', '--project', CELL], own.env());
    await run.says(IN_SUITES, 300_000);
    const [{ metadata } = {}] = await own.namespaces();
    const pod = { namespace: metadata?.name ?? '', name, gracePeriodSeconds: 0 };
    await own.cluster.core.deleteNamespacedPod(pod);
    const end = await run.done();
    const cell = await end.cell(CELL);
    expect(cell.outcome, end.output).toBe('blocked');
    expect(cell.because).toMatch(because);
    expect(await own.leftovers(0)).toEqual([]);
  });

  test('an API server that is gone for a minute changes no verdict', async () => {
    await using folder = await temporaryFolder();
    const proxy = await outageProxy(own.cluster.config, folder.path);
    try {
      const run = own.place.run(TRADE, own.env({ KUBECONFIG: proxy.kubeconfig }));
      await run.says(IN_SUITES, 300_000);
      await proxy.outage(60_000, () => Promise.resolve());
      await isGreen(run);
    } finally {
      await proxy.close();
    }
  });

  // Everything that reaches a Pod goes through it: ports, logs, files.
  test('a kubelet that is killed and started again changes no verdict', async ({ skip }) => {
    skip(!clusterEnv().RIG_KUBECONFIG.startsWith(CLUSTER_ROOT), 'only the rig’s own kubelet may be killed');
    const run = own.place.run(TRADE, own.env());
    await run.says(IN_SUITES, 300_000);
    await stopComponent(CLUSTER_ROOT, 'kubelet', { graceMs: 0 });
    await startComponent(CLUSTER_ROOT, 'kubelet');
    await isGreen(run);
  });
});
