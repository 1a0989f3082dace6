import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StepError } from '../../src/harness/support/step-error.ts';
import { K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import { PULL_SECRET } from '../../src/harness/providers/kubernetes/manifests/namespace.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { clusterPlace, type ClusterPlace } from '../rig/cluster-place.ts';
import { inSpaceOf, type Given, type InSpace } from '../rig/cluster-space.ts';
import { CLUSTER_ROOT, kubeconfigFor } from '../rig/cluster-rig.ts';
import { clusterEnv, describeWithCluster } from '../rig/cluster-tests.ts';
import { outageProxy } from '../rig/outage-proxy.ts';

describeWithCluster('faults of a cluster', () => {
  let folder: string;
  let place: ClusterPlace;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubernetes-faults-'));
    place = await clusterPlace(folder);
  });

  afterAll(async () => {
    expect(await place.left()).toEqual([]);
    await place.close();
    await rm(folder, { recursive: true });
  });

  const inSpace = (given: Omit<Given, 'place'>, test: (given: InSpace) => Promise<void>): Promise<void> =>
    inSpaceOf({ place, ...given }, test);

  /** The failure of a start. */
  async function refusal(start: Promise<unknown>): Promise<StepError['failure']> {
    const error = await start.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StepError);
    const { failure } = error as StepError;
    expect(failure).toMatchObject({ outcome: 'blocked', step: 'start' });
    return failure;
  }

  async function eventOf(namespace: string, reason: string, says = /./): Promise<void> {
    const seen = async () => {
      const { items } = await place.cluster.core.listNamespacedEvent({ namespace });
      const found = items.some((event) => event.reason === reason && says.test(event.message ?? ''));
      const last = items.map((event) => event.reason).join(', ');
      return found ? ({ done: true, value: undefined } as const) : ({ done: false, last } as const);
    };
    await waitUntil(seen, { name: `event ${reason}`, limit: 60_000, every: 200 });
  }

  test('an image that the registry does not have is told, with what the cluster says', () =>
    inSpace({}, async ({ start }) => {
      const reference = place.image.reference.replace(/@.*/, `@sha256:${'0'.repeat(64)}`);
      const failure = await refusal(start(['say', 'up'], { image: { ...place.image, reference } }));
      expect(failure.message).toMatch(
        /^party-a \(tiny\) does not start in the cluster: (ErrImagePull|ImagePullBackOff): .*not found/,
      );
      expect(failure.words?.join('\n')).toMatch(/Pod tiny-0: Pending[^]*event Warning Failed/);
    }));

  test('a password that the registry refuses is told', () =>
    inSpace({ settings: { login: { ...place.login, password: 'wrong' } } }, async ({ start }) => {
      // One that no node of the cluster has yet: what is there is not asked for again.
      const reference = place.image.reference.replace(/@.*/, ':no-such-tag');
      const failure = await refusal(start(['say', 'up'], { image: { ...place.image, reference } }));
      expect(failure.message).toMatch(/ImagePull.*(401|unauthorized|authoriz)[^]*COMPAT_REGISTRY/i);
    }));

  test('a pull secret that the node of the cluster sees too late is waited for', () =>
    inSpace({}, async ({ start, said, namespace }) => {
      const { core } = place.cluster;
      const secret = await core.readNamespacedSecret({ name: PULL_SECRET, namespace });
      await core.deleteNamespacedSecret({ name: PULL_SECRET, namespace });
      // By its tag: no node of the cluster has pulled that.
      const started = start(['say', 'up'], { image: { ...place.image, reference: place.image.name } });
      await eventOf(namespace, 'FailedToRetrieveImagePullSecret');
      await eventOf(namespace, 'Failed', /401|unauthorized/i);
      await core.createNamespacedSecret({ namespace, body: { ...secret, metadata: { name: PULL_SECRET } } });
      await started;
      await said('up');
    }));

  test('a storage class that there is not is told', () =>
    inSpace({ settings: { storageClass: 'no-such-class' } }, async ({ start }) => {
      const failure = await refusal(start(['say', 'up']));
      expect(failure.message).toMatch(/ProvisioningFailed: .*no-such-class.*COMPAT_STORAGE_CLASS/);
    }));

  test('memory that the cluster does not have is told', () =>
    inSpace({ memoryMb: 10_000_000 }, async ({ start }) => {
      const failure = await refusal(start(['say', 'up']));
      expect(failure.message).toMatch(/Unschedulable: .*Insufficient memory.*COMPAT_PARALLEL/);
    }));

  test.each(['statefulset', 'deployment'] as const)('a quota that is too small for a %s is told', (workload) =>
    inSpace({ settings: { workload } }, async ({ start, namespace }) => {
      const { core, client } = place.cluster;
      const merge = client.setHeaderOptions('Content-Type', client.PatchStrategy.MergePatch);
      const body = { spec: { hard: { pods: '0' } } };
      await core.patchNamespacedResourceQuota({ name: 'corda-compat', namespace, body }, merge);
      const failure = await refusal(start(['say', 'up']));
      expect(failure.message).toMatch(/FailedCreate: .*exceeded quota.*pods=0/);
    }),
  );

  test('an init container that fails is told, with its words', () =>
    inSpace({}, async ({ start }) => {
      const withoutCordapps = [{ image: place.image, jars: [] }];
      const failure = await refusal(start(['say', 'up'], { cordappImages: withoutCordapps }));
      expect(failure.message).toMatch(/the init container cordapps-1 ended|CrashLoopBackOff/);
      expect(failure.words?.join('\n')).toContain('NoSuchFileException');
    }));

  test('a program that ends is one that has ended, with its words; it is not started again and again', () =>
    inSpace({}, async ({ start, provider, space }) => {
      const node = await start(['say', 'last words', 'write', 'note', 'kept', 'exit', '3'], { endsByItself: false });
      expect(await node.exited).toEqual({ code: 3, signal: null });
      expect(await provider.logs(space, 'party-a')).toMatch(/last words/);
      expect((await provider.readFile(space, 'party-a', 'note'))?.toString()).toBe('kept');
      const again = await start(['read', 'note', 'say', 'up']);
      expect(await Promise.race([again.exited, Promise.resolve('runs')])).toBe('runs');
    }));

  test('a program that takes more memory than it may is told apart from one that was killed', () =>
    inSpace({}, async ({ start }) => {
      const greedy = await start(['eat', '2000'], { jvmArgs: ['-Xmx64m', '-XX:MaxDirectMemorySize=4g'] });
      const exit = await greedy.exited;
      expect(exit).toMatchObject({ code: null, signal: 'SIGKILL' });
      expect(exit.why).toMatch(/OOMKilled.*832 MB/);
    }));

  test.each(['statefulset', 'deployment'] as const)(
    'a Pod of a %s that somebody deletes comes back with its files; that is no end',
    (workload) =>
      inSpace({ settings: { workload } }, async ({ start, said, namespace, provider, space }) => {
        const stagingFolder = space.places.get('party-a')?.stagingFolder ?? '';
        await writeFile(join(stagingFolder, 'own.key'), 'as it was laid there');
        const node = await start(['read', 'own.key', 'write', 'own.key', 'as it was changed', 'say', 'up']);
        await said('up');
        const labelSelector = `${K8S_LABEL.process}=party-a`;
        await place.cluster.core.deleteCollectionNamespacedPod({ namespace, labelSelector, gracePeriodSeconds: 1 });
        const logs = await said('up', 2);
        expect(logs).toMatch(/as it was laid there\s+up\s+as it was changed\s+up/);
        expect(await Promise.race([node.exited, Promise.resolve('runs')])).toBe('runs');
        expect((await provider.readFile(space, 'party-a', 'own.key'))?.toString()).toBe('as it was changed');
      }),
  );

  test('an API server that is gone for a while is waited for: logs, files and ports go on, nothing twice', async () => {
    const proxy = await outageProxy(place.cluster.config, folder);
    try {
      const provider = place.provider({}, { kubeconfig: proxy.kubeconfig });
      await inSpace({ provider }, async ({ start, said, space }) => {
        const { listenOn, addresses } = space.places.get('party-a') ?? {};
        await start(['listen', `${listenOn}:${addresses?.rpc.port}`, 'say', 'first', 'tick', '200', 'say', 'last']);
        await said('first');
        const { host, port } = await provider.reach(space, 'party-a', 'rpc');
        await proxy.outage(8_000, async () => {
          const answer = await fetch(`http://${host}:${port}/`);
          expect(await answer.text()).toBe('tiny node');
        });
        const ticks = [...(await said('last')).matchAll(/^tick (\d+)$/gm)].map(([, number]) => Number(number));
        expect(ticks).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
        expect(await provider.listFiles(space, 'party-a', '.')).toContain('.compat-laid');
      });
    } finally {
      await proxy.close();
    }
  });

  test('a certificate whose time is over, and a user who may do nothing, are told', async ({ skip }) => {
    skip(!clusterEnv().RIG_KUBECONFIG.startsWith(CLUSTER_ROOT), 'only the rig’s own cluster gives out certificates');
    const request = { nodes: [], services: [], signal: new AbortController().signal };
    const late = await kubeconfigFor(CLUSTER_ROOT, 'too-late', { expired: true });
    await expect(place.provider({}, { kubeconfig: late }).prepare(request)).rejects.toThrow(
      /does not know this user \(401\)/,
    );
    const nobody = await kubeconfigFor(CLUSTER_ROOT, 'nobody');
    await expect(place.provider({}, { kubeconfig: nobody }).prepare(request)).rejects.toThrow(
      /does not let this user .*namespaces/,
    );
  });

  test('a context that there is not, a server that does not answer and a user that is not known are told', async () => {
    const request = { nodes: [], services: [], signal: new AbortController().signal };
    const kubeconfig = place.cluster.address.kubeconfig ?? '';
    await expect(place.provider({}, { kubeconfig, context: 'elsewhere' }).prepare(request)).rejects.toThrow(
      /COMPAT_CONTEXT elsewhere is not in kubeconfig .*, which has \w+/,
    );
    await expect(place.provider({}, { kubeconfig: join(folder, 'none') }).prepare(request)).rejects.toThrow(
      /cannot be read/,
    );
    const text = place.cluster.config.exportConfig();
    const changed = async (name: string, from: RegExp, to: string): Promise<string> => {
      const file = join(folder, name);
      await writeFile(file, text.replace(from, to));
      return file;
    };
    const silent = await changed('silent', /"server":"[^"]*"/, '"server":"https://127.0.0.1:1"');
    await expect(place.provider({}, { kubeconfig: silent }).prepare(request)).rejects.toThrow(
      /context \w+ \(https:\/\/127.0.0.1:1\): the API server does not answer .*ECONNREFUSED/,
    );
    const unknown = await changed('unknown', /"user":\{[^}]*\}/, '"user":{"token":"expired"}');
    await expect(place.provider({}, { kubeconfig: unknown }).prepare(request)).rejects.toThrow(
      /does not know this user \(401\)/,
    );
  });
});
