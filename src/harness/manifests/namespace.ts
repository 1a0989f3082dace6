import type {
  KubernetesObject,
  V1LimitRange,
  V1Namespace,
  V1NetworkPolicy,
  V1ResourceQuota,
  V1Secret,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { K8S_ANNOTATION, K8S_LABEL, MANAGED_BY, type Labels } from './labels.ts';
import { labelValue } from './names.ts';

/** What is the same for all objects of a space. */
export interface SpaceFacts {
  readonly namespace: string;
  /** Absent where a person owns it: nothing that looks for runs finds it. */
  readonly runId?: string;
  readonly cell: string;
  /** ISO time. */
  readonly created: string;
  /** JSON of who made it, or `BY_HAND`. */
  readonly owner: string;
  /** ISO time; absent where nothing deletes the namespace by itself. */
  readonly keptUntil?: string;
}

/** As registries want it; a token stands in for user and password where there is one. */
export interface RegistryLogin {
  readonly host: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

export const PULL_SECRET = 'regsecret';

/** On every object of a space. */
export function spaceLabels({ namespace, runId, cell }: Pick<SpaceFacts, 'namespace' | 'runId' | 'cell'>): Labels {
  return {
    [MANAGED_BY.name]: MANAGED_BY.value,
    ...(runId === undefined ? {} : { [K8S_LABEL.run]: labelValue(runId) }),
    [K8S_LABEL.space]: labelValue(namespace),
    [K8S_LABEL.cell]: labelValue(cell),
  };
}

/** Who reads Pods or namespaces by hand finds out from this whose they are. */
function spaceAnnotations({ owner, created, cell }: SpaceFacts): Record<string, string> {
  return { [K8S_ANNOTATION.owner]: owner, [K8S_ANNOTATION.created]: created, [K8S_ANNOTATION.cell]: cell };
}

export function namespaceManifest(facts: SpaceFacts): V1Namespace {
  const level = 'restricted';
  const standards = ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, level]);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: facts.namespace,
      labels: { ...spaceLabels(facts), ...(Object.fromEntries(standards) as Record<string, string>) },
      annotations: {
        ...spaceAnnotations(facts),
        ...(facts.keptUntil === undefined ? {} : { [K8S_ANNOTATION.deleteAfter]: facts.keptUntil }),
      },
    },
  };
}

export interface SpaceSize {
  /** Nodes and services together. */
  readonly residents: number;
  /** Megabytes that all containers may take together. */
  readonly memoryMb: number;
}

export interface SpaceNeeds {
  readonly login?: RegistryLogin;
  readonly size: SpaceSize;
  /** Ports of its Pods that are reached from outside the namespace as well. */
  readonly openPorts?: readonly number[];
}

/** What a namespace needs before anything runs in it. */
export function spaceManifests(
  facts: SpaceFacts,
  { login, size, openPorts = [] }: SpaceNeeds,
): readonly KubernetesObject[] {
  const metadata = (name: string) => ({
    name,
    namespace: facts.namespace,
    labels: { ...spaceLabels(facts) },
    annotations: spaceAnnotations(facts),
  });
  return [
    ...(login ? [pullSecret(metadata(PULL_SECRET), login)] : []),
    withoutToken(metadata('default')),
    defaultLimits(metadata('corda-compat')),
    quota(metadata('corda-compat'), size),
    ownTrafficOnly(metadata('corda-compat'), openPorts),
  ];
}

function pullSecret(metadata: V1Secret['metadata'] & object, login: RegistryLogin): V1Secret {
  const { host, username = '', password = '', identitytoken } = login;
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const entry = identitytoken === undefined ? { username, password, auth } : { username, identitytoken, auth };
  // Docker's own hub has a name of its own.
  const name = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata,
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths: { [name]: entry } })).toString('base64') },
  };
}

/** Nodes have no business with the API server. */
function withoutToken(metadata: V1ServiceAccount['metadata'] & object): V1ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false };
}

/** For containers that somebody adds by hand: the quota wants limits of everything. */
function defaultLimits(metadata: V1LimitRange['metadata'] & object): V1LimitRange {
  const limit = { cpu: '1', memory: '256Mi' };
  const limits = [{ type: 'Container', _default: limit, defaultRequest: { cpu: '10m', memory: '64Mi' } }];
  return { apiVersion: 'v1', kind: 'LimitRange', metadata, spec: { limits } };
}

/** Room for all at once, for a Pod that goes while its successor comes, and for the small ones that read files and watch. */
function quota(metadata: V1ResourceQuota['metadata'] & object, { residents, memoryMb }: SpaceSize): V1ResourceQuota {
  const hard = {
    pods: String(3 * residents + 8),
    'limits.memory': `${2 * memoryMb + 2048}Mi`,
    persistentvolumeclaims: String(residents + 4),
    'services.loadbalancers': '0',
    'services.nodeports': '0',
  };
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } };
}

/** Port-forwards come from the node itself and are let through anywhere; what an API server hands on comes from where that one is. */
function ownTrafficOnly(metadata: V1NetworkPolicy['metadata'] & object, openPorts: readonly number[]): V1NetworkPolicy {
  const own = [{ podSelector: {} }];
  const names = [53, 5353].flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ port, protocol })));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { _from: own },
        ...(openPorts.length > 0 ? [{ ports: openPorts.map((port) => ({ port, protocol: 'TCP' })) }] : []),
      ],
      egress: [{ to: own }, { ports: names }],
    },
  };
}
