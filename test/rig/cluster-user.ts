import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1ClusterRole } from '@kubernetes/client-node';
import { clusterAt, type Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import { clusterRoles, namespacedRoles, type Right } from '../../src/harness/providers/kubernetes/rights.ts';
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
  const account = await clusterAccount();
  const { admin, id } = account;
  const rbac = admin.config.makeApiClient(admin.client.RbacAuthorizationV1Api);
  const rolesOf = (allowed: readonly Right[]): readonly V1ClusterRole[] =>
    clusterRoles(allowed).map((role) => ({ ...role, metadata: { name: `${id}-${role.metadata?.name}` } }));
  for (const role of rolesOf(rights)) {
    await rbac.createClusterRole({ body: role });
    const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: role.metadata?.name ?? '' };
    const subjects = [{ kind: 'ServiceAccount', name: id, namespace: id }];
    await rbac.createClusterRoleBinding({ body: { metadata: role.metadata ?? {}, roleRef, subjects } });
  }
  return {
    name: account.name,
    kubeconfig: account.kubeconfig,
    async allow(allowed) {
      for (const body of rolesOf(allowed)) await rbac.replaceClusterRole({ name: body.metadata?.name ?? '', body });
    },
    async remove() {
      for (const { metadata } of rolesOf([])) {
        await rbac.deleteClusterRoleBinding({ name: metadata?.name ?? '' });
        await rbac.deleteClusterRole({ name: metadata?.name ?? '' });
      }
      await account.remove();
    },
  };
}

/** The same, who may do what a list says in some namespaces that are there, and nothing else. */
export async function namespacedUser(namespaces: readonly string[]): Promise<ClusterUser> {
  const account = await clusterAccount();
  const { objects } = account.admin;
  const rolesOf = (allowed?: readonly Right[]) => namespacedRoles(namespaces, account.name, allowed);
  for (const role of rolesOf()) await objects.create(role);
  return {
    name: account.name,
    kubeconfig: account.kubeconfig,
    async allow(allowed) {
      for (const role of rolesOf(allowed)) if (role.kind === 'Role') await objects.replace(role);
    },
    async remove() {
      for (const role of rolesOf()) await objects.delete(role);
      await account.remove();
    },
  };
}

interface ClusterAccount extends Pick<ClusterUser, 'name' | 'kubeconfig' | 'remove'> {
  readonly admin: Cluster;
  /** Name of the ServiceAccount, and of the namespace that it is in. */
  readonly id: string;
}

/** A ServiceAccount that may do nothing yet. */
async function clusterAccount(): Promise<ClusterAccount> {
  const admin = await clusterAt({ kubeconfig: clusterEnv().RIG_KUBECONFIG });
  const id = `test-user-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const folder = await mkdtemp(join(tmpdir(), 'cluster-user-'));
  await admin.core.createNamespace({ body: { metadata: { name: id } } });
  await admin.core.createNamespacedServiceAccount({ namespace: id, body: { metadata: { name: id } } });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, await kubeconfigWith(admin, id), { mode: 0o600 });
  return {
    admin,
    id,
    name: `system:serviceaccount:${id}:${id}`,
    kubeconfig,
    async remove() {
      await admin.core.deleteNamespace({ name: id });
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
