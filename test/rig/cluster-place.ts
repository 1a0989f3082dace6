import { join } from 'node:path';
import type { ImageRef } from '../../src/harness/images/image.ts';
import type { ClusterAddress } from '../../src/harness/cleanup/ledger.ts';
import { K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import type { RegistryLogin } from '../../src/harness/providers/kubernetes/manifests/namespace.ts';
import { engineAt } from '../../src/harness/docker/engine-address.ts';
import { clusterAt, clusterOnce, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import {
  createKubernetesProvider,
  type KubernetesSettings,
} from '../../src/harness/providers/kubernetes/kubernetes-provider.ts';
import type { NodeLaunch, Provider, ServiceLaunch } from '../../src/harness/providers/provider.ts';
import { buildTinyNode } from '../integration/tiny-node/tiny-node.ts';
import { clusterEnv } from './cluster-tests.ts';
import { rigEnv } from './docker-tests.ts';
import { pushTinyImage } from './tiny-cluster-image.ts';

/** A cluster, TinyNode's image in a registry that it pulls from, and providers on it. */
export interface ClusterPlace {
  readonly cluster: Cluster;
  readonly image: ImageRef;
  /** Where spaces keep their folders. */
  readonly root: string;
  readonly login: RegistryLogin;
  provider(settings?: Partial<KubernetesSettings>, address?: ClusterAddress): Provider;
  launch(node: string, args: readonly string[]): NodeLaunch;
  launchService(service: string, args: readonly string[]): ServiceLaunch;
  /** Namespaces of ours that are still there, and volumes that they have left. */
  left(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const PREFIX = 'corda-compat-test';

export async function clusterPlace(folder: string): Promise<ClusterPlace> {
  const rig = rigEnv();
  const address = { kubeconfig: clusterEnv().RIG_KUBECONFIG };
  const cluster = await clusterAt(address);
  const tiny = await buildTinyNode(folder);
  const { image, remove } = await pushTinyImage(engineAt({ url: rig.DOCKER_HOST }), { tiny, folder, rig });
  const { COMPAT_REGISTRY: host, COMPAT_REGISTRY_USER: username, COMPAT_REGISTRY_PASSWORD: password } = rig;
  const login = { host, username, password };
  const root = join(folder, 'spaces');
  return {
    cluster,
    image,
    root,
    login,
    provider: (settings, other = address) =>
      createKubernetesProvider({
        root,
        cluster: clusterOnce(() => other),
        settings: { prefix: PREFIX, workload: 'statefulset', login, lifelineMs: 600_000, ...settings },
      }),
    launch: (node, args) => ({ ...tiny.launch(node, args), image, endsByItself: args.includes('exit') }),
    launchService: (service, args) => ({ ...tiny.launchService(service, args), image }),
    async left() {
      const { items } = await cluster.core.listNamespace({ labelSelector: K8S_LABEL.run });
      const volumes = await cluster.core.listPersistentVolume();
      const ofOurs = volumes.items.filter(({ spec }) => spec?.claimRef?.namespace?.startsWith(PREFIX));
      // Others may work in the same cluster.
      const ours = items.filter(({ metadata }) => metadata?.name?.startsWith(PREFIX));
      return [...ours, ...ofOurs].map(({ metadata }) => metadata?.name ?? '');
    },
    close: remove,
  };
}
