import type {
  KubernetesObject,
  V1ConfigMap,
  V1LimitRange,
  V1Namespace,
  V1LabelSelector,
  V1NetworkPolicy,
  V1ObjectMeta,
  V1ResourceQuota,
  V1Secret,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { K8S_ANNOTATION, K8S_LABEL, MANAGED_BY, type Labels, labelValue } from './names.ts';

/** The common part of all objects of a space. */
export interface SpaceFacts {
  readonly namespace: string;
  /** By what its objects are told from all others; the namespace's name where that is the space's own. */
  readonly space?: string;
  /** Absent where a person owns it: nothing that looks for runs finds it. */
  readonly runId?: string;
  readonly cell: string;
  /** ISO time. */
  readonly created: string;
  /** JSON of who made it, or `BY_HAND`. */
  readonly owner: string;
  /** ISO time; absent where nothing deletes the space by itself. */
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

/** In a namespace that was given: there is one of this name in it while a space is there. */
export const HOLD = 'corda-compat-hold';

/** On every object of a space. */
export function spaceLabels({
  namespace,
  space = namespace,
  runId,
  cell,
}: Pick<SpaceFacts, 'namespace' | 'space' | 'runId' | 'cell'>): Labels {
  return {
    [MANAGED_BY.name]: MANAGED_BY.value,
    ...(runId === undefined ? {} : { [K8S_LABEL.run]: labelValue(runId) }),
    [K8S_LABEL.space]: labelValue(space),
    [K8S_LABEL.cell]: labelValue(cell),
  };
}

/** Tells people who read Pods or namespaces by hand their owner. */
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
      annotations: lastingAnnotations(facts),
    },
  };
}

/** Says whose a given namespace is for now. All that the space makes in it is the hold's, and goes with it. */
export function holdManifest(facts: SpaceFacts): V1ConfigMap {
  const { namespace } = facts;
  const metadata = { name: HOLD, namespace, labels: { ...spaceLabels(facts) }, annotations: lastingAnnotations(facts) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

/** Annotations of the object that a space depends on. */
function lastingAnnotations(facts: SpaceFacts): Record<string, string> {
  const until = facts.keptUntil === undefined ? {} : { [K8S_ANNOTATION.deleteAfter]: facts.keptUntil };
  return { ...spaceAnnotations(facts), ...until };
}

type MadeMetadata = V1ObjectMeta & { readonly name: string };

export interface SpaceSize {
  /** Nodes and services together. */
  readonly processes: number;
  /** Megabytes that all containers may take together. */
  readonly memoryMb: number;
}

export interface SpaceNeeds {
  readonly login?: RegistryLogin;
  /** Absent where others live in the namespace too: nothing binds them. */
  readonly size?: SpaceSize;
  /** Ports of its Pods that are reached from outside the space as well. */
  readonly openPorts?: readonly number[];
}

/** The objects that a namespace needs before any Pod runs in it. */
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
    ...(size ? ofWholeNamespace(metadata, size) : []),
    ownTrafficOnly(metadata('corda-compat'), { podSelector: size ? {} : { matchLabels: ownLabel(facts) }, openPorts }),
  ];
}

function ofWholeNamespace(metadata: (name: string) => MadeMetadata, size: SpaceSize): readonly KubernetesObject[] {
  return [
    withoutToken(metadata('default')),
    defaultLimits(metadata('corda-compat')),
    quota(metadata('corda-compat'), size),
  ];
}

function ownLabel(facts: SpaceFacts): Record<string, string> {
  return { [K8S_LABEL.space]: spaceLabels(facts)[K8S_LABEL.space] ?? '' };
}

function pullSecret(metadata: MadeMetadata, login: RegistryLogin): V1Secret {
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
function withoutToken(metadata: MadeMetadata): V1ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false };
}

/** For containers that people add by hand: the quota wants limits of each container. */
function defaultLimits(metadata: MadeMetadata): V1LimitRange {
  const limit = { cpu: '1', memory: '256Mi' };
  const limits = [{ type: 'Container', _default: limit, defaultRequest: { cpu: '10m', memory: '64Mi' } }];
  return { apiVersion: 'v1', kind: 'LimitRange', metadata, spec: { limits } };
}

/** Room for all at once, for a Pod that goes while its successor comes, and for the small ones that read files and watch. */
function quota(metadata: MadeMetadata, { processes, memoryMb }: SpaceSize): V1ResourceQuota {
  const hard = {
    pods: String(3 * processes + 8),
    'limits.memory': `${2 * memoryMb + 2048}Mi`,
    persistentvolumeclaims: String(processes + 4),
    'services.loadbalancers': '0',
    'services.nodeports': '0',
  };
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } };
}

/** Port-forwards come from the node itself and are let through anywhere; what an API server hands on comes from where that one is. */
function ownTrafficOnly(
  metadata: MadeMetadata,
  { podSelector, openPorts }: { readonly podSelector: V1LabelSelector; readonly openPorts: readonly number[] },
): V1NetworkPolicy {
  const own = [{ podSelector }];
  const names = [53, 5353].flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ port, protocol })));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { _from: own },
        ...(openPorts.length > 0 ? [{ ports: openPorts.map((port) => ({ port, protocol: 'TCP' })) }] : []),
      ],
      egress: [{ to: own }, { ports: names }],
    },
  };
}
