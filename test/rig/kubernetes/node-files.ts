import { dump } from 'js-yaml';
import { join } from 'node:path';
import { cgroupOf } from '../remains.ts';
import { containerdSocket, DOMAIN, keyFile, kubeconfigFile, NETWORK, NODE, type ClusterPlan } from './plan.ts';

/** The image of every pod's first process; it is never pulled. */
export const PAUSE_IMAGE = 'localhost/pause:1';
const LOOPBACK = '127.0.0.1';
/** Plug-ins that look for what is not there and say so in the log. */
const UNUSED = ['snapshotter.v1.btrfs', 'snapshotter.v1.zfs', 'snapshotter.v1.aufs', 'snapshotter.v1.devmapper'];

export function containerdConfig(plan: ClusterPlan): string {
  const at = (name: string): string => JSON.stringify(join(plan.root, name));
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const runc = `${cri}.containerd.runtimes.runc`;
  return `version = 2
root = ${at('containerd/root')}
state = ${at('containerd/state')}
disabled_plugins = ${JSON.stringify(UNUSED.map((name) => `io.containerd.${name}`))}
[grpc]
address = ${JSON.stringify(containerdSocket(plan))}
[plugins."io.containerd.internal.v1.opt"]
path = ${at('containerd/opt')}
[${cri}]
sandbox_image = "${PAUSE_IMAGE}"
stream_server_address = "${LOOPBACK}"
netns_mounts_under_state_dir = true
# Pods could not be started by a root that lacks CAP_SYS_RESOURCE, as it does in some virtual machines.
restrict_oom_score_adj = true
[${cri}.containerd]
snapshotter = "overlayfs"
[${runc}]
runtime_type = "io.containerd.runc.v2"
[${runc}.options]
SystemdCgroup = false
BinaryName = "/usr/sbin/runc"
Root = ${at('containerd/runc')}
[${cri}.cni]
bin_dir = "/usr/lib/cni"
conf_dir = ${at('cni')}
`;
}

/** No address of another machine is ever translated: pods reach each other and this machine, nothing else. */
export function networkConfig({ root }: ClusterPlan): string {
  const ranges = [[{ subnet: NETWORK.pods, rangeStart: NETWORK.firstPod, gateway: NETWORK.address }]];
  const ipam = { type: 'host-local', dataDir: join(root, 'addresses'), ranges, routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: NETWORK.bridge, isGateway: true, hairpinMode: true, ipam };
  return JSON.stringify({ cniVersion: '0.4.0', name: 'pods', plugins: [bridge] });
}

export function kubeletConfig(plan: ClusterPlan): string {
  const { root, ports } = plan;
  return dump({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NETWORK.address,
    port: ports.kubelet,
    healthzBindAddress: LOOPBACK,
    healthzPort: ports.kubeletHealth,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: keyFile(plan, 'ca', 'crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: keyFile(plan, 'kubelet', 'crt'),
    tlsPrivateKeyFile: keyFile(plan, 'kubelet', 'key'),
    containerRuntimeEndpoint: `unix://${containerdSocket(plan)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroupOf(root)}`,
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    clusterDNS: [NETWORK.address],
    clusterDomain: DOMAIN,
    resolvConf: join(root, 'resolv.conf'),
    podLogsDir: join(root, 'pod-logs'),
    volumePluginDir: join(root, 'volume-plugins'),
    serializeImagePulls: false,
    // A small or full disk of this machine is no reason to end pods, as long as they can be tested.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    nodeStatusUpdateFrequency: '5s',
  });
}

/** `nftables`: all of its rules are in one table of its own, which can be removed as a whole. */
export function proxyConfig(plan: ClusterPlan): string {
  return dump({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: kubeconfigFile(plan, 'proxy') },
    mode: 'nftables',
    clusterCIDR: NETWORK.pods,
    hostnameOverride: NODE,
    healthzBindAddress: `${LOOPBACK}:${plan.ports.proxyHealth}`,
    metricsBindAddress: `${LOOPBACK}:${plan.ports.proxyMetrics}`,
    // The machine's own limits stay as they are.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  });
}

/** Names of the cluster only. Others are refused at once instead of being asked for in vain. */
export function corefile(plan: ClusterPlan): string {
  return `.:53 {
  bind ${NETWORK.address}
  errors
  ready ${LOOPBACK}:${plan.ports.dns}
  kubernetes ${DOMAIN} in-addr.arpa {
    kubeconfig ${kubeconfigFile(plan, 'dns')} rig
    pods insecure
    ttl 1
  }
  cache 1
}
`;
}
