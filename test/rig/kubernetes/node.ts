import { execa } from 'execa';
import { join } from 'node:path';
import { lacksHealth } from './ask.ts';
import type { Component } from './components.ts';
import { flags } from './flags.ts';
import { containerdConfig, corefile, kubeletConfig, networkConfig, proxyConfig } from './node-files.ts';
import { containerdSocket, kubeconfigFile, NETWORK, NODE, type ClusterPlan } from './plan.ts';
import { PROVISIONER, volumesFolder } from './objects.ts';

const LOOPBACK = '127.0.0.1';

export function containerd(plan: ClusterPlan): Component {
  const { root } = plan;
  const config = join(root, 'containerd.toml');
  return {
    file: '/usr/bin/containerd',
    args: ['--config', config],
    files: { [config]: containerdConfig(plan), [join(root, 'cni', '10-bridge.conflist')]: networkConfig(plan) },
    lacks: async () => {
      const done = await containers(plan, ['version']);
      return done.failed ? done.stderr : undefined;
    },
  };
}

/** Runs a command of containerd's own client, where the kubelet looks for images. */
export async function containers(plan: ClusterPlan, args: readonly string[]) {
  const all = ['--address', containerdSocket(plan), '--namespace', 'k8s.io', ...args];
  return await execa('ctr', all, { reject: false, timeout: 60_000 });
}

export function kubelet(plan: ClusterPlan): Component {
  const { root, box, ports } = plan;
  const config = join(root, 'kubelet.yaml');
  const folder = join(root, 'kubelet');
  const args = flags({
    config,
    kubeconfig: kubeconfigFile(plan, 'kubelet'),
    'root-dir': folder,
    'cert-dir': join(folder, 'pki'),
    'hostname-override': NODE,
    'node-ip': NETWORK.address,
  });
  return {
    file: box.k8sbox,
    args: ['kubelet', ...args],
    files: { [config]: kubeletConfig(plan), [join(root, 'resolv.conf')]: '' },
    lacks: () => lacksHealth(`http://${LOOPBACK}:${ports.kubeletHealth}/healthz`),
  };
}

export function proxy(plan: ClusterPlan): Component {
  const { root, box, ports } = plan;
  const config = join(root, 'proxy.yaml');
  return {
    file: box.k8sbox,
    args: ['kube-proxy', `--config=${config}`],
    files: { [config]: proxyConfig(plan) },
    path: toolsFolder(root),
    lacks: () => lacksHealth(`http://${LOOPBACK}:${ports.proxyHealth}/livez`),
  };
}

/** Has nft and not iptables: in that, kube-proxy would first remove the rules of any other cluster on this machine. */
export function toolsFolder(root: string): string {
  return join(root, 'tools');
}

export function dns(plan: ClusterPlan): Component {
  const config = join(plan.root, 'Corefile');
  return {
    file: plan.box.k8sbox,
    args: ['coredns', '-conf', config],
    files: { [config]: corefile(plan) },
    lacks: () => lacksHealth(`http://${LOOPBACK}:${plan.ports.dns}/ready`),
  };
}

export function provisioner(plan: ClusterPlan): Component {
  const args = flags({
    kubeconfig: kubeconfigFile(plan, 'provisioner'),
    name: PROVISIONER,
    root: volumesFolder(plan.root),
    node: NODE,
  });
  // It serves nobody, so there is nothing to ask: claims wait until it has begun.
  return { file: plan.box.k8sbox, args: ['local-provisioner', ...args], lacks: () => Promise.resolve(undefined) };
}
