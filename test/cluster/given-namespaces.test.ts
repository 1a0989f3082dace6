import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import { HOLD, holdManifest } from '../../src/harness/providers/kubernetes/manifests/namespace.ts';
import { serviceManifest } from '../../src/harness/providers/kubernetes/manifests/workload.ts';
import { testProviderConformance } from '../../src/harness/testing/conformance/conformance.ts';
import { clusterAt, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import { isHeld } from '../../src/harness/providers/kubernetes/hold.ts';
import {
  createKubernetesProvider,
  type KubernetesSettings,
} from '../../src/harness/providers/kubernetes/kubernetes-provider.ts';
import type { Provider } from '../../src/harness/providers/provider.ts';
import { openLedger } from '../../src/harness/cleanup/ledger.ts';
import { sweepCluster } from '../../src/harness/cleanup/sweep-containers.ts';
import { undoLedger } from '../../src/harness/cleanup/undo.ts';
import { thisMachine } from '../../src/harness/support/this-machine.ts';
import { clusterPlace, type ClusterPlace } from '../rig/cluster-place.ts';
import { inSpaceOf, type Given, type InSpace } from '../rig/cluster-space.ts';
import { describeWithCluster } from '../rig/cluster-tests.ts';
import { givenPlace, type GivenPlace } from '../rig/given-namespaces.ts';

// As a user who may do exactly what the documented Role allows, in two namespaces in which somebody else works: all that a
// provider must do, it can do, and what was there stays as it was.

describeWithCluster('in namespaces that are given, with the rights of the table alone', () => {
  let folder: string;
  let place: ClusterPlace;
  let given: GivenPlace;
  let cluster: Cluster;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'given-namespaces-'));
    place = await clusterPlace(folder);
    given = await givenPlace(place, 2);
    cluster = await clusterAt({ kubeconfig: given.user.kubeconfig });
  });

  afterEach(() => given.expectUntouched());

  afterAll(async () => {
    await given.remove();
    expect(await place.left()).toEqual([]);
    expect(await readdir(place.root).catch(() => [])).toEqual([]);
    await place.close();
    await rm(folder, { recursive: true });
  });

  const provider = (names = given.names, settings: Partial<KubernetesSettings> = {}): Provider =>
    place.provider({ given: { names, waitMs: 60_000 }, ...settings }, { kubeconfig: given.user.kubeconfig });

  const inSpace = (more: Omit<Given, 'place'>, work: (given: InSpace) => Promise<void>): Promise<void> =>
    inSpaceOf({ place, provider: provider(), ...more }, work);

  testProviderConformance('kubernetes, in given namespaces', () =>
    Promise.resolve({
      provider: provider(),
      traits: { kinds: ['pod', 'claim', 'object', 'folder'], ownNetworks: true, tellsThreads: false },
      launch: (node, args) => place.launch(node, args),
      launchService: (service, args) => place.launchService(service, args),
    }),
  );

  test('as Deployments as well', () =>
    inSpace({ provider: provider(given.names, { workload: 'deployment' }) }, async ({ start, said }) => {
      await start(['say', 'up']);
      await said('up');
    }));

  describe('which of them', () => {
    const [one, two] = [0, 1].map((at) => () => given.names.slice(at, at + 1)) as [() => string[], () => string[]];

    test('each cell has one for itself; who finds none says so, waits, and gets the first that is free', async () => {
      const words: string[] = [];
      const waiting = createKubernetesProvider({
        root: place.root,
        cluster: () => Promise.resolve(cluster),
        settings: {
          prefix: 'x',
          workload: 'statefulset',
          lifelineMs: 60_000,
          given: { names: given.names, waitMs: 60_000 },
        },
        say: (text) => words.push(text),
      });
      let third: Promise<void> | undefined;
      await inSpace({}, async ({ namespace: first }) => {
        await inSpace({}, async ({ namespace: second }) => {
          expect([first, second].sort()).toEqual([...given.names]);
          third = inSpace({ provider: waiting }, async ({ namespace }) => {
            expect(namespace).toBe(second);
            return Promise.resolve();
          });
          await expect
            .poll(() => words[0], { timeout: 20_000 })
            .toMatch(
              /^waits for a free namespace: \S+-1 is held by 4\.8\+4\.10 of run \S+ \(pid \d+ on .*\) since .*; \S+-2 is held by/,
            );
        });
        await third;
      });
    });

    test('one that stays held is told at the limit, with its holder', () =>
      inSpace({ provider: provider(one()) }, async () => {
        const late = provider(one(), { given: { names: one(), waitMs: 2_000 } });
        await expect(inSpace({ provider: late }, () => Promise.resolve())).rejects.toThrow(
          /a free namespace for 4\.8\+4\.10 among those of COMPAT_NAMESPACES: not within 2 s; last seen: \S+-1 is held by .*COMPAT_PARALLEL/,
        );
      }));

    test('one in which somebody else has an object of the same name is not used', async () => {
      const [namespace = ''] = two();
      const placed = { namespace, labels: { of: 'others' } };
      const theirs = await place.cluster.objects.create(
        serviceManifest({ id: 'party-a', ports: [{ name: 'x', port: 1 }] }, placed),
      );
      try {
        const work = inSpace({ provider: provider(two()) }, async ({ start }) => void (await start(['say', 'up'])));
        await expect(work).rejects.toThrow(
          /the namespace \S+-2 already has a Service party-a of another owner.*does not touch it/,
        );
        const now = await place.cluster.core.readNamespacedService({ name: 'party-a', namespace });
        expect(now.metadata?.resourceVersion).toBe(theirs.metadata?.resourceVersion);
      } finally {
        await place.cluster.objects.delete(theirs);
        await given.expectUntouched(10_000);
      }
    });

    test('one that is not there is told, by whoever may see it or not', async () => {
      const nodes = [{ id: 'a', memoryMb: 64 }];
      const { signal } = new AbortController();
      const names = [...given.names, 'no-such-namespace'];
      await expect(provider(names).prepare({ nodes, services: [], signal })).rejects.toThrow(
        /does not let this user do anything in the namespace no-such-namespace\. npx corda-compat doctor/,
      );
      const asAdmin = place.provider({ given: { names, waitMs: 1_000 } });
      await expect(asAdmin.prepare({ nodes, services: [], signal })).rejects.toThrow(
        /there is no namespace no-such-namespace in the cluster, which COMPAT_NAMESPACES names/,
      );
    });

    test('rights are asked for in each of them', async () => {
      const nodes = [{ id: 'a', memoryMb: 64 }];
      const { signal } = new AbortController();
      const asMaker = place.provider({}, { kubeconfig: given.user.kubeconfig });
      await expect(asMaker.prepare({ nodes, services: [], signal })).rejects.toThrow(/create namespaces/);
      await expect(provider().prepare({ nodes, services: [], signal })).resolves.toBeUndefined();
    });
  });

  describe('removal', () => {
    test('from the ledger alone, twice if need be', () =>
      inSpace({}, async ({ start, ledger, provider: mine, space }) => {
        await start(['stubborn', 'say', 'up']);
        const file = join(folder, 'ledger.jsonl');
        const written = await openLedger(file);
        for (const creation of ledger.open.values()) await written.record(creation);
        await written.close();
        const { undone, failures } = await undoLedger(file);
        expect(failures).toEqual([]);
        expect(undone[0]).toMatch(/^our objects in namespace given-/);
        expect(await mine.leftovers(space)).toEqual([]);
        expect((await undoLedger(file)).undone).toEqual([]);
      }));

    test('a sweep removes what an owner who is gone has left, and nothing else', async () => {
      const dead = {
        runId: 'r',
        ...(await thisMachine()),
        pid: process.pid,
        started: 'long ago',
        at: new Date(0).toISOString(),
      };
      const hold = (namespace: string, owner: object) =>
        holdManifest({
          namespace,
          space: `of-${namespace}`,
          cell: 'x',
          created: dead.at,
          owner: JSON.stringify(owner),
        });
      const [first = '', second = ''] = given.names;
      const { metadata } = await cluster.core.createNamespacedConfigMap({ namespace: first, body: hold(first, dead) });
      const labels = { [K8S_LABEL.space]: `of-${first}` };
      const owner = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: HOLD,
        uid: metadata?.uid ?? '',
        blockOwnerDeletion: true,
      };
      const left = { name: 'left', namespace: first, labels, ownerReferences: [owner] };
      await cluster.core.createNamespacedConfigMap({ namespace: first, body: { metadata: left } });
      await cluster.core.createNamespacedConfigMap({
        namespace: second,
        body: hold(second, { ...dead, machine: 'another' }),
      });
      const states = async (dryRun: boolean) =>
        (await sweepCluster(cluster, { dryRun, given: given.names })).map(({ path, state }) => `${path}: ${state}`);
      const of = (name: string, state: string) => `our objects in namespace ${name}: ${state}`;
      expect(await states(true)).toEqual([of(first, 'would-remove'), of(second, 'elsewhere')]);
      expect(await states(false)).toEqual([of(first, 'removed'), of(second, 'elsewhere')]);
      expect(await states(false)).toEqual([of(second, 'elsewhere')]);
      expect(await isHeld(cluster, second)).toBe(true);
      await cluster.core.deleteNamespacedConfigMap({ name: HOLD, namespace: second });
    });

    test('what nobody keeps any more deletes itself, and nothing else', () =>
      inSpace({ provider: provider(given.names, { lifelineMs: 1_000 }) }, async ({ start }) => {
        // Its last minute may be over while it starts.
        await start(['say', 'up']).catch(() => undefined);
        await given.expectUntouched(150_000);
      }));
  });
});
