import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { IMAGE_CLASSES, IN_IMAGE } from '../../src/harness/images/image.ts';
import { spaceManifests } from '../../src/harness/providers/kubernetes/manifests/namespace.ts';
import type { Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import { namespacedKinds, objectsIn, type Kind } from '../../src/harness/byhand/render.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import type { ClusterPlace } from './cluster-place.ts';
import { namespaceGone } from './cluster-space.ts';
import { namespacedUser, type ClusterUser } from './cluster-user.ts';

/** Namespaces in which somebody else works already, and a user who may do in them what the table says, and nothing elsewhere. */
export interface GivenPlace {
  readonly names: readonly string[];
  readonly user: ClusterUser;
  /** That all in them is as it was, neither more nor less, and the namespaces themselves too. @param limitMs for what others remove */
  expectUntouched(limitMs?: number): Promise<void>;
  remove(): Promise<void>;
}

/** Made and removed by the cluster itself when a cell's own objects are. */
const BESIDES: readonly Kind[] = [
  { apiVersion: 'v1', kind: 'Endpoints' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
  { apiVersion: 'apps/v1', kind: 'ControllerRevision' },
];

export async function givenPlace(place: ClusterPlace, count: number): Promise<GivenPlace> {
  const { cluster } = place;
  const id = `given-${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
  const names = Array.from({ length: count }, (_, at) => `${id}-${at + 1}`);
  for (const name of names)
    await cluster.core.createNamespace({ body: { metadata: { name, labels: { of: 'others' } } } });
  const user = await namespacedUser(names);
  for (const name of names) await settle(place, name);
  const kinds = [...(await namespacedKinds(cluster)), ...BESIDES];
  const before = await sightOf(cluster, { names, kinds });
  return {
    names,
    user,
    async expectUntouched(limitMs = 0) {
      const probe = async () => {
        const now = await sightOf(cluster, { names, kinds });
        const done = JSON.stringify(now) === JSON.stringify(before);
        return done ? { done, value: undefined } : { done: false as const, last: now.join('\n') };
      };
      await waitUntil(probe, { name: 'all as it was', limit: limitMs, every: 500 }).catch(() => undefined);
      expect(await sightOf(cluster, { names, kinds })).toEqual(before);
    },
    async remove() {
      await user.remove();
      for (const name of names) await cluster.core.deleteNamespace({ name, gracePeriodSeconds: 1 });
      for (const name of names) await namespaceGone(cluster, name);
    },
  };
}

/** A Pod that runs on a volume of its own and is configured, by the pull secret that all there use. */
async function settle({ cluster, image, login }: ClusterPlace, namespace: string): Promise<void> {
  const metadata = { name: 'theirs', namespace };
  const secret = spaceManifests({ namespace, cell: '', created: '', owner: '' }, { login }).find(
    ({ kind }) => kind === 'Secret',
  );
  const objects: readonly KubernetesObject[] = [
    { ...secret, metadata: { name: secret?.metadata?.name ?? '', namespace } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { of: 'others' } } as KubernetesObject,
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
    } as KubernetesObject,
    podOf(image.reference, metadata),
  ];
  for (const each of objects) await cluster.objects.create(each);
  await waitUntil(
    async () => {
      const { status } = await cluster.core.readNamespacedPod({ name: 'theirs', namespace });
      const done = status?.phase === 'Running' && status.containerStatuses?.[0]?.ready === true;
      return done ? { done, value: undefined } : { done: false as const, last: JSON.stringify(status?.conditions) };
    },
    { name: `their Pod in ${namespace}`, limit: 60_000, every: 300 },
  );
}

function podOf(image: string, metadata: { readonly name: string; readonly namespace: string }): V1Pod {
  const command = [IN_IMAGE.java, '-classpath', IMAGE_CLASSES, 'compat.image.Idle'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      imagePullSecrets: [{ name: 'regsecret' }],
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image, command, volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'theirs' } }],
    },
  };
}

/** What there is and in which state; a state that changes by itself is left out. */
async function sightOf(
  cluster: Cluster,
  { names, kinds }: { readonly names: readonly string[]; readonly kinds: readonly Kind[] },
): Promise<readonly string[]> {
  const lists = await Promise.all(
    names.map(async (name) => {
      const namespace = await cluster.core.readNamespace({ name });
      const found = await objectsIn(cluster, name, kinds);
      return [{ ...namespace, kind: 'Namespace' }, ...found].map(
        ({ kind, metadata }) => `${name} ${kind} ${metadata?.name} ${metadata?.uid} ${metadata?.resourceVersion}`,
      );
    }),
  );
  return lists.flat().sort();
}
