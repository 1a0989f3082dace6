import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1ClusterRole } from '@kubernetes/client-node';
import { clusterAt, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import { clusterRoles, type Right } from '../../src/harness/providers/kubernetes/rights.ts';
import { clusterEnv } from './cluster-tests.ts';

/** A user of the rig's cluster who may do what a list says, and no more. */
export interface ClusterUser {
  /** As the cluster knows it. */
  readonly name: string;
  readonly kubeconfig: string;
  /** From then on it may do this, and no more. */
  allow(rights: readonly Right[]): Promise<void>;
  remove(): Promise<void>;
}

const RBAC = 'rbac.authorization.k8s.io';

/** A ServiceAccount with a namespace and roles of its own. */
export async function clusterUser(rights: readonly Right[]): Promise<ClusterUser> {
  const admin = await clusterAt({ kubeconfig: clusterEnv().RIG_KUBECONFIG });
  const name = `test-user-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const folder = await mkdtemp(join(tmpdir(), 'cluster-user-'));
  const rbac = admin.config.makeApiClient(admin.client.RbacAuthorizationV1Api);
  const rolesOf = (allowed: readonly Right[]): readonly V1ClusterRole[] =>
    clusterRoles(allowed).map((role) => ({ ...role, metadata: { name: `${name}-${role.metadata?.name}` } }));
  await admin.core.createNamespace({ body: { metadata: { name } } });
  await admin.core.createNamespacedServiceAccount({ namespace: name, body: { metadata: { name } } });
  for (const role of rolesOf(rights)) {
    await rbac.createClusterRole({ body: role });
    const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: role.metadata?.name ?? '' };
    const subjects = [{ kind: 'ServiceAccount', name, namespace: name }];
    await rbac.createClusterRoleBinding({ body: { metadata: role.metadata ?? {}, roleRef, subjects } });
  }
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, await kubeconfigWith(admin, name), { mode: 0o600 });
  return {
    name: `system:serviceaccount:${name}:${name}`,
    kubeconfig,
    async allow(allowed) {
      for (const body of rolesOf(allowed)) await rbac.replaceClusterRole({ name: body.metadata?.name ?? '', body });
    },
    async remove() {
      for (const { metadata } of rolesOf([])) {
        await rbac.deleteClusterRoleBinding({ name: metadata?.name ?? '' });
        await rbac.deleteClusterRole({ name: metadata?.name ?? '' });
      }
      await admin.core.deleteNamespace({ name });
      await rm(folder, { recursive: true });
    },
  };
}

async function kubeconfigWith({ core, config }: Cluster, name: string): Promise<string> {
  const request = { name, namespace: name, body: { spec: { audiences: [], expirationSeconds: 3600 } } };
  const { status } = await core.createNamespacedServiceAccountToken(request);
  return kubeconfigText(config.getCurrentCluster(), status?.token ?? '');
}

/** JSON is YAML. */
export function kubeconfigText(
  cluster: { server: string; caData?: string; caFile?: string } | null,
  token: string,
): string {
  const { server = '', caData, caFile } = cluster ?? {};
  const authority =
    caData === undefined ? { 'certificate-authority': caFile } : { 'certificate-authority-data': caData };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'rig', cluster: { server, ...authority } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'rig-test', context: { cluster: 'rig', user: 'test' } }],
    'current-context': 'rig-test',
  });
}
