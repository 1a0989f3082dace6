import type { V1Namespace } from '@kubernetes/client-node';
import { K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import { clusterAt, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { clusterEnv } from '../rig/cluster-tests.ts';
import { makePlace, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

export const CELLS = ['4.5+4.10', '4.8+4.10'];
/** Two suites of one cell. */
export const SUITES = ['suites/issue', 'suites/pay', '--project', '4.8+4.10'];
export const IN_SUITES = /ok {2}suites\/issue/;

export const MATRIX = {
  releases: releases('4.5', '4.8', '4.10'),
  pairs: CELLS.map((cell) => cell.split('+')),
  cordapps: finance('4.5'),
  provider: 'kubernetes',
  // Beside two other networks on two processors, a start took 175 s and a first notarisation more than 30 s.
  limits: { start: 400, flow: 90 },
};

/** A place whose runs make their namespaces in the rig's cluster, and what an administrator sees of them there. */
export interface KubernetesPlace {
  readonly place: Place;
  readonly cluster: Cluster;
  /** Of its runs; changes and adds what `more` says. */
  env(more?: Readonly<Record<string, string>>): Record<string, string>;
  /** Of its runs alone: others may work in the same cluster. */
  namespaces(): Promise<readonly V1Namespace[]>;
  /** Resolves with the first that is so. */
  namespaceThat(name: string, is: (namespace: V1Namespace) => boolean): Promise<V1Namespace>;
  /** In the whole cluster and on this machine, once there is nothing or the time is over. */
  leftovers(limitMs: number): Promise<readonly string[]>;
}

/** @param prefix of the namespaces of this test file alone */
export async function kubernetesPlace(prefix: string, matrix: object = MATRIX): Promise<KubernetesPlace> {
  const kubeconfig = clusterEnv().RIG_KUBECONFIG;
  const [cluster, place] = await Promise.all([clusterAt({ kubeconfig }), makePlace(matrix)]);

  async function namespaces(): Promise<readonly V1Namespace[]> {
    const { items } = await cluster.core.listNamespace({ labelSelector: K8S_LABEL.run });
    return items.filter(({ metadata }) => metadata?.name?.startsWith(`${prefix}-`));
  }

  async function inCluster(): Promise<readonly string[]> {
    const volumes = await cluster.core.listPersistentVolume();
    const ofOurs = volumes.items.filter(({ spec }) => spec?.claimRef?.namespace?.startsWith(`${prefix}-`));
    return [...(await namespaces()), ...ofOurs].map(({ metadata }) => metadata?.name ?? '');
  }

  return {
    place,
    cluster,
    env: (more = {}) => ({ KUBECONFIG: kubeconfig, COMPAT_NAMESPACE: prefix, COMPAT_PARALLEL: '2', ...more }),
    namespaces,
    namespaceThat: (name, is) =>
      waitUntil(
        async () => {
          const all = await namespaces();
          const found = all.find(is);
          const last = `${all.length} namespaces`;
          return found ? { done: true, value: found } : { done: false, last };
        },
        // A namespace is being made for a fraction of a second.
        { name, limit: 240_000, every: 20 },
      ),
    async leftovers(limitMs) {
      let left: readonly string[] = [];
      await waitUntil(
        async () => {
          left = await inCluster();
          return left.length === 0 ? { done: true, value: undefined } : { done: false, last: left.join(', ') };
        },
        { name: 'nothing left in the cluster', limit: limitMs, every: 500 },
      ).catch(() => undefined);
      return [...left, ...(await place.leftovers(limitMs))];
    },
  };
}
