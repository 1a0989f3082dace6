import type { ClusterPlan } from './plan.ts';
import { apiServer, controllers, etcd, scheduler } from './control-plane.ts';
import { containerd, dns, kubelet, provisioner, proxy } from './node.ts';

/** A program of a cluster. */
export interface Component {
  readonly file: string;
  readonly args: readonly string[];
  /** Files that it reads, by their path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where it looks for other programs, if not everywhere. */
  readonly path?: string;
  /** What it does not do yet. */
  lacks(): Promise<string | undefined>;
}

const COMPONENTS = {
  etcd,
  containerd,
  'kube-apiserver': apiServer,
  'kube-controller-manager': controllers,
  'kube-scheduler': scheduler,
  kubelet,
  'kube-proxy': proxy,
  coredns: dns,
  'local-provisioner': provisioner,
} satisfies Readonly<Record<string, (plan: ClusterPlan) => Component>>;

export type ComponentName = keyof typeof COMPONENTS;

export function componentOf(plan: ClusterPlan, name: ComponentName): Component {
  return COMPONENTS[name](plan);
}
