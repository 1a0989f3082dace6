import { join } from 'node:path';
import { askApi, lackOf, lacksHealth } from './ask.ts';
import type { Component } from './components.ts';
import { flags } from './flags.ts';
import { keyFile, kubeconfigFile, NETWORK, type ClusterPlan } from './plan.ts';

const LOOPBACK = '127.0.0.1';

export function etcd({ root, ports }: ClusterPlan): Component {
  const clients = `http://${LOOPBACK}:${ports.etcd}`;
  const peers = `http://${LOOPBACK}:${ports.etcdPeer}`;
  return {
    file: '/usr/bin/etcd',
    args: flags({
      name: 'rig',
      'data-dir': etcdFolder(root),
      'listen-client-urls': clients,
      'advertise-client-urls': clients,
      'listen-peer-urls': peers,
      'initial-advertise-peer-urls': peers,
      'initial-cluster': `rig=${peers}`,
      'log-level': 'warn',
    }),
    lacks: () => lacksHealth(`${clients}/health`),
  };
}

/** A file system in memory: etcd waits for the disk at every write, and nothing of it is kept. */
export function etcdFolder(root: string): string {
  return join(root, 'etcd');
}

export function apiServer(plan: ClusterPlan): Component {
  const { root, box, ports } = plan;
  const own = (name: string) => keyFile(plan, name, 'key');
  const certificate = (name: string) => keyFile(plan, name, 'crt');
  const args = flags({
    'etcd-servers': `http://${LOOPBACK}:${ports.etcd}`,
    'bind-address': NETWORK.address,
    'advertise-address': NETWORK.address,
    'secure-port': ports.api,
    'service-cluster-ip-range': NETWORK.services,
    'cert-dir': join(root, 'api'),
    'tls-cert-file': certificate('api'),
    'tls-private-key-file': own('api'),
    'client-ca-file': certificate('ca'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': keyFile(plan, 'service-accounts', 'pub'),
    'service-account-signing-key-file': own('service-accounts'),
    'kubelet-client-certificate': certificate('api'),
    'kubelet-client-key': own('api'),
    'kubelet-certificate-authority': certificate('ca'),
    'kubelet-preferred-address-types': 'InternalIP',
    // The controller manager and the scheduler complain for ever where these are missing.
    'requestheader-client-ca-file': certificate('front-ca'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': certificate('front'),
    'proxy-client-key-file': own('front'),
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
    profiling: false,
  });
  const lacks = async () => lackOf(await askApi(plan, '/readyz'), '/readyz');
  return { file: box.k8sbox, args: ['kube-apiserver', ...args], lacks };
}

export function controllers(plan: ClusterPlan): Component {
  const args = flags({
    ...service(plan, 'controllers'),
    'root-ca-file': keyFile(plan, 'ca', 'crt'),
    'service-account-private-key-file': keyFile(plan, 'service-accounts', 'key'),
    'cluster-signing-cert-file': keyFile(plan, 'ca', 'crt'),
    'cluster-signing-key-file': keyFile(plan, 'ca', 'key'),
    'use-service-account-credentials': true,
    'flex-volume-plugin-dir': join(plan.root, 'volume-plugins'),
    // Otherwise a new namespace has its service account only seconds later.
    'kube-api-qps': 300,
    'kube-api-burst': 600,
  });
  return served(plan, 'kube-controller-manager', { args, port: plan.ports.controllers });
}

export function scheduler(plan: ClusterPlan): Component {
  const args = flags(service(plan, 'scheduler'));
  return served(plan, 'kube-scheduler', { args, port: plan.ports.scheduler });
}

/** What the controller manager and the scheduler have in common. */
function service(plan: ClusterPlan, user: 'controllers' | 'scheduler'): Record<string, string | number | boolean> {
  const kubeconfig = kubeconfigFile(plan, user);
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': LOOPBACK,
    'secure-port': plan.ports[user],
    'cert-dir': join(plan.root, user),
    // There is only one: nobody to wait for after a restart.
    'leader-elect': false,
    profiling: false,
  };
}

function served({ box }: ClusterPlan, name: string, of: { args: readonly string[]; port: number }): Component {
  return {
    file: box.k8sbox,
    args: [name, ...of.args],
    lacks: () => lacksHealth(`https://${LOOPBACK}:${of.port}/healthz`),
  };
}
