import type { V1ConfigMap, V1NetworkPolicy, V1PodSpec, V1Probe } from '@kubernetes/client-node';
import type { ContainerLimits } from '../../containers.ts';
import { IN_IMAGE } from '../../../images/image.ts';
import { K8S_LABEL, type Labels } from './names.ts';
import { MAIN_CONTAINER, apartIfPossible, commonPod, resources, SECURITY, TMP } from './pod.ts';

/** A database server as a Pod runs it, from an image that is not ours. */
export interface DatabaseSpec {
  /** Its Service and its claim have the same name. */
  readonly id: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly port: number;
  /** Where its claim is. */
  readonly folder: string;
  /** Name of a Secret whose keys become environment variables. */
  readonly envSecret: string;
  /** Name of the ConfigMap that says who its user is. */
  readonly users: string;
  readonly limits: ContainerLimits;
  readonly pullSecret: boolean;
}

/** Megabytes that it is sure to have. */
const SURE_MB = 128;
const GRACE_SECONDS = 10;
const DATA = 'data';
const USERS = 'users';
const USERS_FILE = 'passwd';

/**
 * The numbers of an image's users are unknown, and a server starts only as a user that its system knows. It runs as the user
 * of all our Pods, and this file makes that user known.
 */
export function usersManifest(id: string, { namespace, labels }: { namespace: string; labels: Labels }): V1ConfigMap {
  const { uid } = IN_IMAGE;
  const lines = ['root:x:0:0:root:/root:/bin/sh', `postgres:x:${uid}:${uid}:postgres:/tmp:/bin/sh`];
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${id}-users`, namespace, labels: { ...labels, [K8S_LABEL.process]: id } },
    immutable: true,
    data: { [USERS_FILE]: lines.map((line) => `${line}\n`).join('') },
  };
}

export function databasePodSpec(spec: DatabaseSpec): V1PodSpec {
  const { id, image, command, port, folder, envSecret, users, limits } = spec;
  return {
    ...commonPod(spec),
    terminationGracePeriodSeconds: GRACE_SECONDS,
    containers: [
      {
        name: MAIN_CONTAINER,
        image,
        command: [...command],
        envFrom: [{ secretRef: { name: envSecret } }],
        ports: [{ name: id, containerPort: port }],
        resources: resources(limits, SURE_MB),
        securityContext: SECURITY,
        volumeMounts: [
          { name: DATA, mountPath: folder },
          { name: USERS, mountPath: `/etc/${USERS_FILE}`, subPath: USERS_FILE, readOnly: true },
          { name: TMP, mountPath: '/tmp' },
        ],
        ...probes(port),
      },
    ],
    volumes: [
      { name: DATA, persistentVolumeClaim: { claimName: id } },
      { name: USERS, configMap: { name: users } },
      { name: TMP, emptyDir: {} },
    ],
    affinity: apartIfPossible(),
  };
}

function probes(port: number): Record<'startupProbe' | 'readinessProbe' | 'livenessProbe', V1Probe> {
  const look: V1Probe = { tcpSocket: { port }, timeoutSeconds: 5 };
  return {
    startupProbe: { ...look, periodSeconds: 2, failureThreshold: 120 },
    readinessProbe: { ...look, periodSeconds: 30, failureThreshold: 3 },
    livenessProbe: { ...look, timeoutSeconds: 15, periodSeconds: 60, failureThreshold: 5 },
  };
}

/**
 * Lets the Pods of a space reach a database server outside of it. A Service's address is not that of its Pods, so the policy
 * names the port only.
 */
export function wayOutManifest(
  name: string,
  { port, namespace, labels }: { port: number; namespace: string; labels: Labels },
): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: { ...labels } },
    // Others may live in its namespace, whom this would bind.
    spec: {
      podSelector: { matchLabels: { [K8S_LABEL.space]: labels[K8S_LABEL.space] ?? '' } },
      policyTypes: ['Egress'],
      egress: [{ ports: [{ protocol: 'TCP', port }] }],
    },
  };
}
