import { execa } from 'execa';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../../../src/harness/support/wait.ts';
import { makeCgroups } from '../remains.ts';
import { askApi } from './ask.ts';
import { makeCertificates } from './certificates.ts';
import { etcdFolder } from './control-plane.ts';
import { writeKubeconfigs } from './kubeconfig.ts';
import { start } from './lifecycle.ts';
import { makeNetwork } from './network.ts';
import { toolsFolder } from './node.ts';
import { clusterObjects, volumesFolder } from './objects.ts';
import { importPauseImage } from './pause-image.ts';
import { kubeconfigFile, NETWORK, NODE, type ClusterPlan } from './plan.ts';

const READY_LIMIT_MS = 120_000;

/** Everything of a cluster, in a folder that exists. Resolves when pods can be started. */
export async function startCluster(plan: ClusterPlan): Promise<void> {
  await Promise.all([prepareMachine(plan), makeCertificates(plan).then(() => writeKubeconfigs(plan))]);
  await Promise.all([
    start(plan, 'containerd').then(() => importPauseImage(plan)),
    start(plan, 'etcd')
      .then(() => start(plan, 'kube-apiserver'))
      .then(() => applyObjects(plan)),
  ]);
  const others = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns'] as const;
  await Promise.all([...others, 'local-provisioner' as const].map((name) => start(plan, name)));
  await Promise.all([
    ready(plan, `node ${NODE}`, `/api/v1/nodes/${NODE}`, readyCondition),
    // Without it a namespace takes no pods.
    ready(plan, 'the first service account', '/api/v1/namespaces/default/serviceaccounts/default', () => undefined),
  ]);
}

/** Programs that people and tests call as they would any kubectl and helm. @returns their paths */
export async function writePrograms({ root, box }: ClusterPlan): Promise<{ kubectl: string; helm: string }> {
  return {
    kubectl: await writeProgram(root, 'kubectl', [box.k8sbox, 'kubectl']),
    helm: await writeProgram(root, 'helm', [box.helm]),
  };
}

async function writeProgram(root: string, name: string, command: readonly string[]): Promise<string> {
  const path = join(root, name);
  const env = Object.entries(toolEnv(root)).map(([variable, value]) => `${variable}='${value}'`);
  const words = [...env, 'exec', ...command.map((word) => `'${word}'`), '"$@"'];
  await writeFile(path, `#!/bin/sh\n${words.join(' ')}\n`, { mode: 0o755 });
  return path;
}

/** Nothing is written to the user's home; a proxy of the user's could not find the cluster. */
function toolEnv(root: string): Readonly<Record<string, string>> {
  const helm = join(root, 'helm-home');
  return {
    KUBECACHEDIR: join(root, 'kubectl-cache'),
    HELM_CACHE_HOME: helm,
    HELM_CONFIG_HOME: helm,
    HELM_DATA_HOME: helm,
    NO_PROXY: NETWORK.address,
  };
}

async function prepareMachine({ root }: ClusterPlan): Promise<void> {
  await Promise.all([etcdFolder(root), toolsFolder(root), volumesFolder(root)].map((path) => mkdir(path)));
  await symlink('/usr/sbin/nft', join(toolsFolder(root), 'nft'));
  await execa('mount', ['-t', 'tmpfs', '-o', 'mode=0700', 'corda-compat-k8s', etcdFolder(root)]);
  await makeCgroups(root);
  await makeNetwork();
}

async function applyObjects(plan: ClusterPlan): Promise<void> {
  const args = ['kubectl', '--kubeconfig', kubeconfigFile(plan, 'admin'), 'apply', '--validate=false', '-f', '-'];
  await execa(plan.box.k8sbox, args, { input: clusterObjects(), env: toolEnv(plan.root) });
}

async function ready(
  plan: ClusterPlan,
  name: string,
  path: string,
  lack: (object: unknown) => string | undefined,
): Promise<void> {
  const probe = async () => {
    const { status, text } = await askApi(plan, path);
    const last = status === 200 ? lack(JSON.parse(text)) : `${status} ${text.trim().slice(0, 200)}`;
    return last === undefined ? { done: true as const, value: undefined } : { done: false as const, last };
  };
  await waitUntil(probe, { name, limit: READY_LIMIT_MS });
}

interface Node {
  readonly status?: { readonly conditions?: readonly { type: string; status: string; message: string }[] };
}

/** What a node lacks to take pods. */
export function readyCondition(node: unknown): string | undefined {
  const condition = (node as Node).status?.conditions?.find(({ type }) => type === 'Ready');
  return condition?.status === 'True' ? undefined : (condition?.message ?? 'no condition Ready');
}
