import { afterAll, beforeAll, expect, test } from 'vitest';
import { K8S_LABEL } from '../../src/harness/manifests/labels.ts';
import { clusterAt, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import { waitUntil } from '../../src/harness/support/wait-until.ts';
import { clusterEnv, describeWithCluster } from '../rig/cluster-tests.ts';
import { outageProxy } from '../rig/outage-proxy.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { makePlace, type Finished, type Place } from './compat-run.ts';
import { finance, releases } from './matrices.ts';

const CELLS = ['4.5+4.10', '4.8+4.10'];
/** Of this test's own namespaces: others may work in the same cluster. */
const PREFIX = 'compat-e2e';
const SUITES = ['suites/issue', 'suites/pay', '--project', '4.8+4.10'];
const IN_SUITES = /ok {2}suites\/issue/;

describeWithCluster('provider kubernetes, from the matrix to the verdict', () => {
  let place: Place;
  let cluster: Cluster;
  let first: Finished;
  const env = (): Record<string, string> => ({
    KUBECONFIG: clusterEnv().RIG_KUBECONFIG,
    COMPAT_NAMESPACE: PREFIX,
    COMPAT_PARALLEL: '2',
  });
  /** Most namespaces of ours that were seen at once. */
  let most = 0;

  const matrix = {
    releases: releases('4.5', '4.8', '4.10'),
    pairs: CELLS.map((cell) => cell.split('+')),
    cordapps: finance('4.5'),
    provider: 'kubernetes',
  };

  beforeAll(async () => {
    cluster = await clusterAt({ kubeconfig: clusterEnv().RIG_KUBECONFIG });
    place = await makePlace(matrix);
    const looking = setInterval(() => {
      void namespaces().then((names) => (most = Math.max(most, names.length)));
    }, 1000);
    first = await place.run([], env()).done();
    clearInterval(looking);
  });
  afterAll(() => place.remove());

  async function namespaces(): Promise<readonly string[]> {
    const { items } = await cluster.core.listNamespace({ labelSelector: K8S_LABEL.run });
    return items.map(({ metadata }) => metadata?.name ?? '').filter((name) => name.startsWith(PREFIX));
  }

  /** In the whole cluster. */
  async function leftovers(limitMs: number): Promise<readonly string[]> {
    let left: readonly string[] = [];
    await waitUntil(
      async () => {
        const volumes = await cluster.core.listPersistentVolume();
        const ofOurs = volumes.items.filter(({ spec }) => spec?.claimRef?.namespace?.startsWith(PREFIX));
        left = [...(await namespaces()), ...ofOurs.map(({ metadata }) => metadata?.name ?? '')];
        return left.length === 0 ? { done: true, value: undefined } : { done: false, last: left.join(', ') };
      },
      { name: 'nothing left in the cluster', limit: limitMs, every: 500 },
    ).catch(() => undefined);
    return [...left, ...(await place.leftovers(limitMs))];
  }

  test('all suites are green for two pairs in two namespaces at once, and nothing is left', async () => {
    for (const name of CELLS) {
      const cell = await first.cell(name);
      expect(cell.outcome, first.output).toBe('compatible');
      expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    }
    expect(first.code).toBe(0);
    expect(first.lastLine).toMatch(/^\d+ passed, 0 failed$/);
    expect(most).toBe(2);
    expect(await leftovers(0)).toEqual([]);
  });

  test('Ctrl-C among the suites: everything goes', async () => {
    const run = place.run(SUITES, env());
    await run.says(IN_SUITES);
    expect(await namespaces()).toHaveLength(1);
    run.killGroup('SIGINT');
    const end = await run.done();
    expect(end.code).toBe(130);
    expect((await end.cell('4.8+4.10')).outcome).toBe('interrupted');
    expect(await leftovers(0)).toEqual([]);
  });

  test.for([
    ['while the nodes start', /starting the nodes/],
    ['among the suites', IN_SUITES],
  ] as const)('SIGKILL of the whole process group %s: the reaper removes everything', async ([, phase]) => {
    const run = place.run(SUITES, env());
    await run.says(phase);
    run.killGroup('SIGKILL');
    await run.done();
    expect(await leftovers(90_000)).toEqual([]);
  });

  test.for([
    ['node', '4-10-0', /party-b \(4\.10\) was away while trading: its Pod 4-10-0 was deleted/],
    ['driver', 'driver-0', /: driver was away while trading: its Pod driver-0 was deleted/],
  ] as const)(
    'a %s whose Pod is deleted while trading: what the suites saw is no verdict',
    async ([, name, because]) => {
      const run = place.run(['suites/issue', 'suites/pay', 'suites/random', '--project', '4.8+4.10'], env());
      await run.says(IN_SUITES, 300_000);
      const [namespace = ''] = await namespaces();
      await cluster.core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
      const end = await run.done();
      const cell = await end.cell('4.8+4.10');
      expect(cell.outcome, end.output).toBe('blocked');
      expect(cell.because).toMatch(because);
      expect(await leftovers(0)).toEqual([]);
    },
  );

  test('an API server that is gone for a minute among the suites changes no verdict', async () => {
    await using folder = await temporaryFolder();
    const proxy = await outageProxy(cluster.config, folder.path);
    try {
      const run = place.run(['suites/issue', 'suites/pay', 'suites/vault', '--project', '4.8+4.10'], {
        ...env(),
        KUBECONFIG: proxy.kubeconfig,
      });
      await run.says(IN_SUITES, 300_000);
      await proxy.outage(60_000, () => Promise.resolve());
      const end = await run.done();
      const cell = await end.cell('4.8+4.10');
      expect(cell.outcome, end.output).toBe('compatible');
      expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
      expect(await leftovers(0)).toEqual([]);
    } finally {
      await proxy.close();
    }
  });

  test('nodes in Pods register with a doorman in a Pod, and trade; as Deployments', async () => {
    const kubernetes = { workload: 'deployment' };
    const registering = await makePlace({ ...matrix, kubernetes, topology: { onboarding: 'doorman' } });
    try {
      const args = ['suites/health', 'suites/pay', '--project', '4.5+4.10'];
      const run = registering.run(args, env());
      await run.says(/network is up/, 300_000);
      const [namespace = ''] = await namespaces();
      const { items } = await cluster.apps.listNamespacedDeployment({ namespace });
      expect(items.map(({ metadata }) => metadata?.name).sort()).toEqual([
        '4-10',
        '4-5',
        '4-5-notary',
        'doorman',
        'driver',
      ]);
      const end = await run.done();
      const cell = await end.cell('4.5+4.10');
      expect(cell.outcome, end.output).toBe('compatible');
      expect(await registering.leftovers(0)).toEqual([]);
      expect(await leftovers(0)).toEqual([]);
    } finally {
      await registering.remove();
    }
  });

  test('without a registry the cell is blocked, with what to do', async () => {
    const end = await place.run(SUITES, { ...env(), COMPAT_REGISTRY: '' }).done();
    const cell = await end.cell('4.8+4.10');
    expect(cell.outcome).toBe('blocked');
    expect(cell.because).toMatch(/needs a registry that the cluster pulls images from: set COMPAT_REGISTRY/);
    expect(await leftovers(0)).toEqual([]);
  });
});
