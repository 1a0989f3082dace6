import { join } from 'node:path';
import { lastingPorts } from '../free-port.ts';
import type { Box } from './build.ts';

/** Names that others on this machine hardly have; addresses apart from the Docker rig's (10.213 and 10.214). */
export const NETWORK = {
  bridge: 'compat-k8s0',
  /** Of the node, the API server and the name server: all are on this machine. */
  address: '10.217.0.1',
  pods: '10.217.0.0/24',
  firstPod: '10.217.0.10',
  services: '10.218.0.0/16',
  /** Of the API server as pods see it: the first one. */
  api: '10.218.0.1',
} as const;
export const NODE = 'node1';
export const DOMAIN = 'cluster.local';

const PORTS = [
  ...(['api', 'kubelet'] as const),
  ...(['etcd', 'etcdPeer', 'kubeletHealth', 'controllers', 'scheduler', 'proxyHealth', 'proxyMetrics', 'dns'] as const),
] as const;

/** What a cluster is made of. It is written down before anything is started: parts are started again by it. */
export interface ClusterPlan {
  /** Everything lies below it. */
  readonly root: string;
  readonly box: Box;
  readonly ports: Readonly<Record<(typeof PORTS)[number], number>>;
}

export async function planCluster(root: string, box: Box): Promise<ClusterPlan> {
  return { root, box, ports: await lastingPorts(PORTS) };
}

/** Where the API server listens. */
export function apiAddress({ ports }: ClusterPlan): string {
  return `https://${NETWORK.address}:${ports.api}`;
}

/** Key pairs and certificates by their owner's name. */
export function keyFile({ root }: ClusterPlan, name: string, kind: 'key' | 'crt' | 'pub'): string {
  return join(root, 'keys', `${name}.${kind}`);
}

export function kubeconfigFile({ root }: ClusterPlan, user: string): string {
  return join(root, 'kubeconfigs', user);
}

export function containerdSocket({ root }: ClusterPlan): string {
  return join(root, 'containerd.sock');
}
