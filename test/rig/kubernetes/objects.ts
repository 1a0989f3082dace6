import { dump } from 'js-yaml';
import { join } from 'node:path';

export const PROVISIONER = 'rig.local/folder';

/** Folders of claims. */
export function volumesFolder(root: string): string {
  return join(root, 'volumes');
}

const READ = ['get', 'list', 'watch'];
const RBAC = 'rbac.authorization.k8s.io';

/** What the cluster's own programs need that do not come with Kubernetes: their rights, and the class of storage. */
export function clusterObjects(): string {
  const objects = [
    ...rights('rig-dns', [
      { apiGroups: [''], resources: ['services', 'pods', 'namespaces', 'nodes'], verbs: READ },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    ]),
    ...rights('rig-provisioner', [
      { apiGroups: [''], resources: ['persistentvolumes'], verbs: [...READ, 'create', 'delete'] },
      { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: READ },
      { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: READ },
    ]),
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'folder', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: PROVISIONER,
      volumeBindingMode: 'WaitForFirstConsumer',
      reclaimPolicy: 'Delete',
    },
  ];
  return objects.map((object) => dump(object)).join('---\n');
}

/** Of the user of this name. */
function rights(name: string, rules: readonly object[]): readonly object[] {
  const metadata = { name };
  return [
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: RBAC, kind: 'User', name }],
    },
  ];
}
