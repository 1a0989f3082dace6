import type { KubernetesObject, V1CronJob, V1NetworkPolicy, V1Role } from '@kubernetes/client-node';
import { IMAGE_CLASSES, IN_IMAGE, type ImageRef } from '../../../images/image.ts';
import { podLabels, readerPodSpec } from './pod.ts';
import { K8S_LABEL } from './names.ts';
import type { Placed } from './workload.ts';

const LIFELINE = 'corda-compat-lifeline';

/** The object that owns a space: its namespace, or the ConfigMap by which it holds one. */
export interface SpaceRoot {
  readonly kind: 'Namespace' | 'ConfigMap';
  readonly name: string;
}

export interface LifelineOptions {
  readonly image: Pick<ImageRef, 'reference'>;
  readonly pullSecret: boolean;
  readonly root: SpaceRoot;
}

/**
 * The CronJob deletes the space's root once no run pushes its end forward any more: a run and its machine may die together.
 * All of the space goes with its root, this CronJob too. It may read and delete that one object, and nothing else.
 */
export function lifelineManifests(options: LifelineOptions, placed: Placed): readonly KubernetesObject[] {
  const { namespace } = placed;
  const { kind, name } = options.root;
  const resources = [kind === 'Namespace' ? 'namespaces' : 'configmaps'];
  const metadata = { name: LIFELINE, namespace, labels: podLabels(placed.labels, LIFELINE) };
  const role: V1Role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    // In its own namespace, a Role may speak of that namespace itself.
    rules: [{ apiGroups: [''], resources, resourceNames: [name], verbs: ['get', 'delete'] }],
  };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    role,
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: LIFELINE },
      subjects: [{ kind: 'ServiceAccount', name: LIFELINE, namespace }],
    } as KubernetesObject,
    toApiServer(metadata, placed),
    cronJob(options, placed, metadata),
  ];
}

function cronJob(
  { image, pullSecret, root }: LifelineOptions,
  { namespace, labels }: Placed,
  metadata: V1CronJob['metadata'] & object,
): V1CronJob {
  const pod = readerPodSpec({ image, pullSecret, files: { objects: [], configMaps: [], secrets: [] } });
  const options = ['-Xmx32m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData'];
  const command = [IN_IMAGE.java, ...options, '-classpath', IMAGE_CLASSES, 'compat.image.Lifeline'];
  const place = `/api/v1/namespaces/${namespace}`;
  // A namespace goes by stages of its own; of anything else, what it owns is to go before it.
  const args =
    root.kind === 'Namespace' ? [place] : [`${place}/configmaps/${root.name}`, 'propagationPolicy=Foreground'];
  const spec = {
    ...pod,
    automountServiceAccountToken: true,
    serviceAccountName: LIFELINE,
    containers: pod.containers.map((container) => ({ ...container, name: 'lifeline', command, args })),
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: {
      schedule: '* * * * *',
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 0,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        metadata: { labels: podLabels(labels, LIFELINE) },
        spec: {
          backoffLimit: 1,
          activeDeadlineSeconds: 50,
          ttlSecondsAfterFinished: 60,
          template: { metadata: { labels: podLabels(labels, LIFELINE) }, spec },
        },
      },
    },
  };
}

function toApiServer(metadata: V1NetworkPolicy['metadata'] & object, { labels }: Placed): V1NetworkPolicy {
  const space = labels[K8S_LABEL.space] ?? '';
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: { [K8S_LABEL.space]: space, [K8S_LABEL.process]: LIFELINE } },
      policyTypes: ['Egress'],
      egress: [{}],
    },
  };
}
