import type * as ClientNode from '@kubernetes/client-node';
import type {
  AppsV1Api,
  AuthorizationV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObject,
  KubernetesObjectApi,
} from '@kubernetes/client-node';
import type { ClusterAddress } from '../../domain/ledger.ts';
import { FIELD_MANAGER } from '../../manifests/labels.ts';
import { asking, clusterError } from './api-error.ts';
import { clientNode, kubeConfigOf } from './cluster-address.ts';

/** A cluster that answers, and what speaks to it. */
export interface Cluster {
  readonly address: ClusterAddress;
  readonly config: KubeConfig;
  readonly client: typeof ClientNode;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly batch: BatchV1Api;
  readonly authorization: AuthorizationV1Api;
  readonly objects: KubernetesObjectApi;
}

/** No question asked yet. @throws StepError blocked */
export async function clusterAt(address: ClusterAddress): Promise<Cluster> {
  const client = await clientNode();
  const config = await kubeConfigOf(address);
  return {
    address,
    config,
    client,
    core: config.makeApiClient(client.CoreV1Api),
    apps: config.makeApiClient(client.AppsV1Api),
    batch: config.makeApiClient(client.BatchV1Api),
    authorization: config.makeApiClient(client.AuthorizationV1Api),
    objects: client.KubernetesObjectApi.makeApiClient(config),
  };
}

/** `clusterAt`, once for all who ask. */
export function clusterOnce(address: () => ClusterAddress): () => Promise<Cluster> {
  return foundOnce(() => clusterAt(address()));
}

/** Once for all who ask; after a failure it is looked for again. */
export function foundOnce<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find();
    found.catch(() => (found = undefined));
    return found;
  };
}

/** Server-side apply of all of them, side by side; the fields that we name are ours. @param force whoever set them before @throws StepError blocked */
export async function applyAll(
  { objects, client }: Cluster,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
  force = true,
): Promise<void> {
  const how = client.PatchStrategy.ServerSideApply;
  await Promise.all(
    manifests.map(async (manifest) => {
      const what = `${manifest.kind} ${manifest.metadata?.name}`;
      const apply = () => objects.patch(manifest, undefined, undefined, FIELD_MANAGER, force, how);
      await asking(apply, signal).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw clusterError(`${what} could not be applied`, error);
      });
    }),
  );
}
