import type { NetworkingV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import { engineAt } from '../../src/harness/docker/engine-address.ts';
import { clusterAt, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import { CLUSTER_ROOT } from '../rig/cluster-rig.ts';
import { clusterEnv, describeWithEngineAndCluster } from '../rig/cluster-tests.ts';
import { rigEnv } from '../rig/docker-tests.ts';
import { pushPostgresImage } from '../rig/postgres-image.ts';
import { postgresRig } from '../rig/postgres-rig.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { makePlace, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

const CELL = '4.8+4.10';
/** Of this test's own namespaces: others may work in the same cluster. */
const PREFIX = 'compat-postgres';

describeWithEngineAndCluster('a cell in a cluster with a database server of its own', () => {
  let place: Place;
  let cluster: Cluster;
  let image: Awaited<ReturnType<typeof pushPostgresImage>>;

  beforeAll(async () => {
    cluster = await clusterAt({ kubeconfig: clusterEnv().RIG_KUBECONFIG });
    await using folder = await temporaryFolder();
    image = await pushPostgresImage(engineAt({ url: rigEnv().DOCKER_HOST }), folder.path, rigEnv());
    place = await makePlace({
      releases: releases('4.8', '4.10'),
      cordapps: finance('4.8'),
      provider: 'kubernetes',
      topology: { database: 'postgresql' },
      // Beside two other networks on two processors, a start took 175 s and a first notarisation more than 30 s.
      limits: { start: 400, flow: 90 },
    });
  });
  afterAll(async () => {
    await place.remove();
    await image.remove();
  });

  const env = (more: Record<string, string> = {}): Record<string, string> => ({
    KUBECONFIG: clusterEnv().RIG_KUBECONFIG,
    COMPAT_NAMESPACE: PREFIX,
    COMPAT_POSTGRES_IMAGE: image.name,
    ...more,
  });

  async function namespaces(): Promise<readonly string[]> {
    const { items } = await cluster.core.listNamespace({ labelSelector: K8S_LABEL.run });
    return items.map(({ metadata }) => metadata?.name ?? '').filter((name) => name.startsWith(PREFIX));
  }

  /** In the whole cluster and on this machine. */
  async function left(): Promise<readonly string[]> {
    const volumes = await cluster.core.listPersistentVolume();
    const ofOurs = volumes.items.filter(({ spec }) => spec?.claimRef?.namespace?.startsWith(PREFIX));
    const names = ofOurs.map(({ metadata }) => metadata?.name ?? '');
    return [...(await namespaces()), ...names, ...(await place.leftovers())];
  }

  test('every suite passes, the server is as restricted as all else, and nothing is left', async () => {
    const run = place.run([], env());
    await run.says(/start the nodes/, 300_000);
    const [namespace = ''] = await namespaces();
    const { items } = await cluster.core.listNamespacedPod({
      namespace,
      labelSelector: `${K8S_LABEL.process}=postgres`,
    });
    const [pod] = items;
    expect(pod?.spec?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(pod?.spec?.containers[0]?.image).toBe(image.name);
    expect(JSON.stringify(pod?.spec)).not.toMatch(/"value":/);
    const end = await run.done();
    const cell = await end.cell(CELL);
    expect(cell.outcome, end.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(end.output).toContain(`starting a database server (${image.name.split('@')[0]}`);
    expect(await left()).toEqual([]);
  });

  test('a server whose Pod is deleted while trading: it comes back, but what the suites saw is no verdict', async () => {
    const run = place.run(['suites/issue', 'suites/pay'], env());
    await run.says(/ok {2}suites\/issue/, 300_000);
    const [namespace = ''] = await namespaces();
    await cluster.core.deleteNamespacedPod({ namespace, name: 'postgres-0', gracePeriodSeconds: 0 });
    const end = await run.done();
    const cell = await end.cell(CELL);
    expect(cell.outcome, end.output).toBe('blocked');
    expect(cell.because).toMatch(/the database server was away while trading: its Pod postgres-0 was deleted/);
    expect(await left()).toEqual([]);
  });

  test('an image that the registry does not have: blocked with the words of the cluster, and nothing is left', async () => {
    const absent = image.name.replace(/@.*/, `@sha256:${'0'.repeat(64)}`);
    const end = await place.run([], env({ COMPAT_POSTGRES_IMAGE: absent })).done();
    const cell = await end.cell(CELL);
    expect(cell.outcome, end.output).toBe('blocked');
    expect(cell.because).toMatch(
      /step 6\.\d+ open the PostgreSQL server: the database server \(.*\) does not start in the cluster: (ErrImagePull|ImagePullBackOff): .*not found.*COMPAT_POSTGRES_IMAGE/,
    );
    expect(await left()).toEqual([]);
  });

  test('a server of this machine by an address that Pods reach: they are let out to it, and trade', async ({
    skip,
  }) => {
    skip(
      !clusterEnv().RIG_KUBECONFIG.startsWith(CLUSTER_ROOT),
      'only the node of the rig’s own cluster is this machine',
    );
    const address = await nodeAddress(cluster);
    await using server = await postgresRig(address);
    const run = place.run(['suites/issue', 'suites/pay', 'suites/vault'], env({ COMPAT_POSTGRES: server.url }));
    await run.says(/start the nodes/, 300_000);
    const [namespace = ''] = await namespaces();
    const { items } = await networking(cluster).listNamespacedNetworkPolicy({ namespace });
    const policy = items.find(({ metadata }) => metadata?.name === 'corda-compat-database');
    expect(policy?.spec?.egress).toEqual([{ ports: [{ protocol: 'TCP', port: server.server.port }] }]);
    const end = await run.done();
    const cell = await end.cell(CELL);
    expect(cell.outcome, end.output).toBe('compatible');
    expect(await server.ours()).toEqual([]);
    expect(await server.templates()).not.toEqual([]);
    expect(await left()).toEqual([]);
  });

  test('a server that only its own Pod would reach: blocked, without its password', async () => {
    const server = 'postgresql://admin:geheim@localhost:5432/postgres';
    const end = await place.run([], env({ COMPAT_POSTGRES: server })).done();
    expect((await end.cell(CELL)).because).toMatch(
      /step 6\.\d+ open the PostgreSQL server: COMPAT_POSTGRES names localhost, which in a container/,
    );
    expect(end.output).not.toContain('geheim');
    expect(await left()).toEqual([]);
  });
});

async function nodeAddress({ core }: Cluster): Promise<string> {
  const { items } = await core.listNode();
  const addresses = items.flatMap(({ status }) => status?.addresses ?? []);
  return addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
}

function networking({ config, client }: Cluster): NetworkingV1Api {
  return config.makeApiClient(client.NetworkingV1Api);
}
