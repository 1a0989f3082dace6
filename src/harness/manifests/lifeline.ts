import type { KubernetesObject, V1CronJob, V1NetworkPolicy, V1Role } from '@kubernetes/client-node';
import { IMAGE_CLASSES, IN_IMAGE, type ImageRef } from '../domain/image.ts';
import { podLabels, readerPodSpec } from './pod.ts';
import { K8S_LABEL } from './labels.ts';
import type { Placed } from './workload.ts';

const LIFELINE = 'corda-compat-lifeline';

/**
 * Deletes the namespace from within once nobody has pushed its end forward: what is left where a run and the machine that it ran
 * on went together. It may read and delete its own namespace, and nothing else.
 */
export function lifelineManifests(
  { image, pullSecret }: { readonly image: Pick<ImageRef, 'reference'>; readonly pullSecret: boolean },
  placed: Placed,
): readonly KubernetesObject[] {
  const { namespace } = placed;
  const metadata = { name: LIFELINE, namespace, labels: podLabels(placed.labels, LIFELINE) };
  const role: V1Role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    // In its own namespace, a Role may speak of that namespace itself.
    rules: [{ apiGroups: [''], resources: ['namespaces'], resourceNames: [namespace], verbs: ['get', 'delete'] }],
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
    toApiServer(metadata),
    cronJob({ image, pullSecret }, placed, metadata),
  ];
}

function cronJob(
  { image, pullSecret }: { readonly image: Pick<ImageRef, 'reference'>; readonly pullSecret: boolean },
  { namespace, labels }: Placed,
  metadata: V1CronJob['metadata'] & object,
): V1CronJob {
  const pod = readerPodSpec({ image, pullSecret, files: { objects: [], configMaps: [], secrets: [] } });
  const options = ['-Xmx32m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData'];
  const command = [IN_IMAGE.java, ...options, '-classpath', IMAGE_CLASSES, 'compat.image.Lifeline', namespace];
  const spec = {
    ...pod,
    automountServiceAccountToken: true,
    serviceAccountName: LIFELINE,
    containers: pod.containers.map((container) => ({ ...container, name: 'lifeline', command })),
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

function toApiServer(metadata: V1NetworkPolicy['metadata'] & object): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: { [K8S_LABEL.resident]: LIFELINE } },
      policyTypes: ['Egress'],
      egress: [{}],
    },
  };
}
