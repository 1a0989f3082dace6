import type {
  V1Deployment,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodSpec,
  V1Secret,
  V1Service,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { WorkloadKind } from '../../../config/cell.ts';
import { databasePodSpec, type DatabaseSpec } from './database.ts';
import { K8S_LABEL, type Labels, shortDigest } from './names.ts';
import { oneShotPodSpec, podLabels, podSpec, readerPodSpec, type ProcessSpec } from './pod.ts';

/** Where objects of a process go, and what marks them. */
export interface Placed {
  readonly namespace: string;
  readonly labels: Labels;
}

/** A process's name in the network. The name leads to its Pod, ready or not, since nodes look it up while they start. */
export function serviceManifest({ id, ports }: Pick<ProcessSpec, 'id' | 'ports'>, placed: Placed): V1Service {
  const selector = { [K8S_LABEL.space]: placed.labels[K8S_LABEL.space] ?? '', [K8S_LABEL.process]: id };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(id, id, placed),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector,
      ports: ports.map(({ name, port }) => ({ name: name.toLowerCase(), port, targetPort: port })),
    },
  };
}

/** A process's base directory. */
export function claimManifest(
  { id, storageClass, size = '1Gi' }: { id: string; storageClass?: string | undefined; size?: string },
  placed: Placed,
): V1PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(id, id, placed),
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
      resources: { requests: { storage: size } },
    },
  };
}

/** Environment variables with passwords and tokens; named after its content, as files are. */
export function envManifest(id: string, env: Readonly<Record<string, string>>, placed: Placed): V1Secret {
  const entries = Object.entries(env).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
  const data = Object.fromEntries(entries) as Record<string, string>;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: metadata(`${id}-env-${shortDigest(JSON.stringify(data), 10)}`, id, placed),
    immutable: true,
    data,
  };
}

export interface WorkloadOptions {
  readonly name: string;
  readonly kind: WorkloadKind;
  readonly replicas: 0 | 1;
}

/** The workload of a process: a deleted Pod comes back with its volume. */
export function workloadManifest(
  spec: ProcessSpec,
  options: WorkloadOptions,
  placed: Placed,
): V1StatefulSet | V1Deployment {
  return workloadOf({ id: spec.id, pod: podSpec(spec) }, options, placed);
}

/** The same for the space's database server. */
export function databaseManifest(
  spec: DatabaseSpec,
  options: WorkloadOptions,
  placed: Placed,
): V1StatefulSet | V1Deployment {
  return workloadOf({ id: spec.id, pod: databasePodSpec(spec) }, options, placed);
}

function workloadOf(
  { id, pod }: { readonly id: string; readonly pod: V1PodSpec },
  { name, kind, replicas }: WorkloadOptions,
  placed: Placed,
): V1StatefulSet | V1Deployment {
  const labels = podLabels(placed.labels, id);
  const selector = { matchLabels: { [K8S_LABEL.space]: labels[K8S_LABEL.space] ?? '', [K8S_LABEL.process]: id } };
  const template = { metadata: { labels }, spec: pod };
  const common = { replicas, revisionHistoryLimit: 1, selector, template };
  const named = { apiVersion: 'apps/v1', metadata: metadata(name, id, placed) };
  if (kind === 'deployment') {
    // Two Pods of one node at once would be two brokers on one journal.
    const strategy = { type: 'Recreate' };
    return { ...named, kind: 'Deployment', spec: { ...common, strategy } };
  }
  const spec = { ...common, serviceName: id, podManagementPolicy: 'Parallel' };
  return { ...named, kind: 'StatefulSet', spec };
}

export function oneShotPod(spec: ProcessSpec, name: string, placed: Placed): V1Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadata(name, spec.id, placed), spec: oneShotPodSpec(spec) };
}

/** Not found by the process's Service: it is not the node. */
export function readerPod(
  spec: Pick<ProcessSpec, 'id' | 'image' | 'claim' | 'pullSecret' | 'files'>,
  placed: Placed,
): V1Pod {
  const name = `${spec.id}-reader`;
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadata(name, name, placed), spec: readerPodSpec(spec) };
}

function metadata(name: string, id: string, { namespace, labels }: Placed) {
  return { name, namespace, labels: podLabels(labels, id) };
}

/** Secret with the attach document: its readers can use the network of its namespace. */
export const ATTACH_SECRET = 'corda-compat-attach';
const KEY = 'network.json';

export function attachManifest(text: string, { namespace, labels }: Placed): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: ATTACH_SECRET, namespace, labels: { ...labels } },
    data: { [KEY]: Buffer.from(text).toString('base64') },
  };
}

/** @returns what it says; `undefined` where it has no such key */
export function attachText({ data }: V1Secret): string | undefined {
  const value = data?.[KEY];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
