import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  spaceOf,
  testServiceConformance,
  untilSaid,
} from '../../src/harness/testing/conformance/conformance-services.ts';
import { clusterAt } from '../../src/harness/providers/kubernetes/cluster.ts';
import { RIGHTS, WAYS, type Right } from '../../src/harness/providers/kubernetes/rights.ts';
import { OpenEntries } from '../../src/harness/testing/open-entries.ts';
import type { Provider, Space } from '../../src/harness/providers/provider.ts';
import { waitUntil, type Seen } from '../../src/harness/support/wait.ts';
import { clusterPlace, type ClusterPlace } from '../rig/cluster-place.ts';
import { describeWithCluster } from '../rig/cluster-tests.ts';
import { clusterUser, type ClusterUser } from '../rig/cluster-user.ts';
import { outageProxy } from '../rig/outage-proxy.ts';

// Drivers by the API server's service proxy, for users who may not forward ports.

const without = (...resources: readonly string[]): readonly Right[] =>
  RIGHTS.filter(({ resource }) => !resources.includes(resource));
/** More than an API server gives a request that is none of its long ones. */
const LONG_SECONDS = 65;
const PREFIX = `compat-proxy-${process.pid}`;
const signal = new AbortController().signal;

describeWithCluster('with a cluster, and the service proxy in place of port-forwards', () => {
  let folder: string;
  let place: ClusterPlace;
  let user: ClusterUser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-proxy-'));
    place = await clusterPlace(folder);
    user = await clusterUser(without(WAYS['port-forward']));
  });

  afterAll(async () => {
    expect(await readdir(place.root).catch(() => [])).toEqual([]);
    await user.remove();
    await place.close();
    await rm(folder, { recursive: true });
  });

  const providerOf = (kubeconfig = user.kubeconfig): Provider => place.provider({ prefix: PREFIX }, { kubeconfig });

  testServiceConformance('kubernetes', () =>
    Promise.resolve({
      provider: providerOf(),
      traits: { kinds: ['pod'], ownNetworks: true, tellsThreads: false },
      launch: (node, args) => place.launch(node, args),
      launchService: (service, args) => place.launchService(service, args),
    }),
  );

  /** A space whose driver listens; gone afterwards. */
  async function withDriver(provider: Provider, work: (space: Space, url: string) => Promise<void>): Promise<void> {
    const space = await spaceOf(provider, { ledger: new OpenEntries(), signal });
    try {
      const { listenOn, address } = space.services.get('driver') ?? {};
      const args = ['listen', `${listenOn}:${address?.port}`, 'say', 'listening'];
      await provider.startService(space, place.launchService('driver', args));
      await untilSaid(provider, { space, node: 'driver', text: 'listening' });
      const { host, port } = await provider.reachService(space, 'driver');
      await work(space, `http://${host}:${port}/`);
    } finally {
      await provider.destroySpace(space);
    }
  }

  test('an API server that is gone for a while is waited for; what it cut off ends', async () => {
    const proxy = await outageProxy((await clusterAt({ kubeconfig: user.kubeconfig })).config, folder);
    try {
      const provider = providerOf(proxy.kubeconfig);
      await withDriver(provider, async (space, url) => {
        const cut = fetch(`${url}?hold=20`).then(
          () => 'answered',
          (error: unknown) => String((error as Error).cause),
        );
        await untilSaid(provider, { space, node: 'driver', text: 'holding' });
        await proxy.outage(8_000, async () => {
          expect(await cut).toMatch(/ECONNRESET|other side closed/);
          expect(await (await fetch(url)).text()).toBe('tiny node');
        });
      });
    } finally {
      await proxy.close();
    }
  });

  test('an answer that takes longer than a minute comes', async () => {
    await withDriver(providerOf(), async (_, url) => {
      expect(await (await fetch(`${url}?hold=${LONG_SECONDS}`)).text()).toBe('tiny node');
    });
  });

  test('a driver whose Pod was deleted is reached again when it is back; who is cut off asks again', async () => {
    await withDriver(providerOf(), async (_, url) => {
      const { core } = place.cluster;
      const namespaces = (await core.listNamespace()).items.map(({ metadata }) => metadata?.name ?? '');
      const namespace = namespaces.find((name) => name.startsWith(PREFIX)) ?? '';
      await core.deleteNamespacedPod({ name: 'driver-0', namespace, gracePeriodSeconds: 0 });
      const ask = async (): Promise<Seen<string>> => {
        const words = await fetch(url).then(
          (answer) => answer.text(),
          (error: unknown) => String((error as Error).cause),
        );
        return words === 'tiny node' ? { done: true, value: words } : { done: false, last: words };
      };
      await waitUntil(ask, { name: 'the driver that is back', limit: 60_000 });
    });
  });

  test('a port of a node is not reached, and the right that it takes is told', async () => {
    const provider = providerOf();
    const space = await spaceOf(provider, { ledger: new OpenEntries(), signal });
    try {
      await provider.startNode(space, place.launch('party-a', ['say', 'up']));
      await expect(provider.reach(space, 'party-a', 'rpc')).rejects.toThrow(
        /port 10201 of party-a .*may not get and create pods\/portforward/,
      );
    } finally {
      await provider.destroySpace(space);
    }
  });

  test('a user who may use neither is told of both, before anything is made', async () => {
    const neither = await clusterUser(without(...Object.values(WAYS)));
    try {
      const provider = providerOf(neither.kubeconfig);
      const both = /get.* pods\/portforward.* or .*get.* services\/proxy/;
      const preparing = provider.prepare({ nodes: [], services: [], signal });
      await expect(preparing).rejects.toThrow(both);
      await expect(spaceOf(provider, { ledger: new OpenEntries(), signal })).rejects.toThrow(both);
    } finally {
      await neither.remove();
    }
  });
});
