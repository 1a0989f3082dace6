import type { V1ClusterRole, V1PolicyRule } from '@kubernetes/client-node';

/** `cluster`: of things that are in no namespace. `cell`: of what is in the namespace of a cell. */
export type RightScope = 'cluster' | 'cell';

/** What a user must be allowed to do with one kind of things. */
export interface Right {
  readonly scope: RightScope;
  /** API group; the core's is ''. */
  readonly group: string;
  /** As RBAC writes it: `pods`, `pods/log`. */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** What a run does with it; for people. */
  readonly why: string;
  /** A run does without, in this way. */
  readonly otherwise?: string;
  /** Of rights that are for the same, one is enough: the first that there is in full is used. */
  readonly oneFor?: string;
}

/** How ports in a cluster come to this machine, better ones first, and the kind of things that must be allowed for it. */
export const WAYS = { 'port-forward': 'pods/portforward', 'service-proxy': 'services/proxy' } as const;
export type Way = keyof typeof WAYS;

const cluster = (resource: string, verbs: readonly string[], more: Pick<Right, 'why' | 'otherwise'>): Right => ({
  scope: 'cluster',
  group: resource === 'storageclasses' ? 'storage.k8s.io' : '',
  resource,
  verbs,
  ...more,
});
const cell = (resource: string, verbs: readonly string[], why: string, group = ''): Right => ({
  scope: 'cell',
  group,
  resource,
  verbs,
  why,
});
/** One way is enough. A proxy hands on both GET, which is `get`, and POST, which is `create`; for web sockets see below. */
const way = (name: Way, why: string): Right => ({ ...cell(WAYS[name], ['get', 'create'], why), oneFor: 'ways' });
/** Server-side apply is a patch, and where there is nothing yet a create as well. */
const APPLY = ['create', 'patch'];

/**
 * All that a run does in a cluster: what doctor asks for, what a run asks for before it begins, and the roles that are printed
 * and documented. Whoever calls the API server in a new way adds it here.
 */
export const RIGHTS: readonly Right[] = [
  cluster('namespaces', ['get', 'list', 'create', 'patch', 'delete'], {
    why: 'a namespace for each cell, kept while the run lives, removed after it',
  }),
  cluster('persistentvolumes', ['list'], {
    why: 'to see that volumes of a cell are gone as well',
    otherwise: 'volumes that outlive their namespace are not seen',
  }),
  cluster('storageclasses', ['list'], {
    why: 'doctor names the storage classes that there are',
    otherwise: 'doctor cannot tell which storage classes there are',
  }),
  cell('pods', ['list', 'watch', 'create', 'patch', 'deletecollection'], 'Pods are watched, stopped, and read from'),
  cell('pods/log', ['get'], 'consoles of nodes'),
  // Web sockets begin with a GET, which older API servers take for `get` and newer ones for `create`.
  cell('pods/exec', ['get', 'create'], 'files of nodes are read by a program beside them'),
  way('port-forward', 'drivers are reached through the API server'),
  way('service-proxy', 'drivers are reached by requests that the API server hands on'),
  cell('events', ['list', 'watch'], 'why something does not start'),
  cell('configmaps', ['list', ...APPLY], 'node.conf and whatever else holds no key'),
  cell('secrets', ['list', ...APPLY], 'keys, tokens, and the password of the registry'),
  cell('services', ['list', ...APPLY], 'names by which nodes find each other'),
  cell('serviceaccounts', APPLY, 'Pods without a token'),
  cell('persistentvolumeclaims', ['list', ...APPLY, 'deletecollection'], 'base directories of nodes'),
  cell('limitranges', APPLY, 'limits of the namespace'),
  cell('resourcequotas', APPLY, 'limits of the namespace'),
  cell('statefulsets', ['list', ...APPLY, 'deletecollection'], 'nodes and services', 'apps'),
  cell('statefulsets/scale', ['patch'], 'nodes are stopped', 'apps'),
  cell('deployments', ['list', ...APPLY, 'deletecollection'], 'the same, with COMPAT_WORKLOAD=deployment', 'apps'),
  cell('deployments/scale', ['patch'], 'nodes are stopped', 'apps'),
  cell('cronjobs', ['list', ...APPLY, 'deletecollection'], 'the namespace deletes itself when a run died', 'batch'),
  cell('networkpolicies', ['list', ...APPLY], 'only traffic of the cell itself', 'networking.k8s.io'),
  cell('roles', APPLY, 'what the CronJob may do', 'rbac.authorization.k8s.io'),
  cell('rolebindings', APPLY, 'what the CronJob may do', 'rbac.authorization.k8s.io'),
];

export const ROLE_NAMES = { cluster: 'corda-compat', cell: 'corda-compat-cell' } as const;

/** `delete namespaces`, for people. */
export function rightWords({ group, resource }: Pick<Right, 'group' | 'resource'>, verb: string): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

/** Those that are enough together: of several that are for the same, the first. */
export function leastRights(rights: readonly Right[] = RIGHTS): readonly Right[] {
  const firstFor = (oneFor: string) => rights.find((right) => right.oneFor === oneFor);
  return rights.filter((right) => right.oneFor === undefined || right === firstFor(right.oneFor));
}

/** Those that would do in its place. */
export function insteadOf(right: Right, rights: readonly Right[] = RIGHTS): readonly Right[] {
  return rights.filter((each) => each !== right && right.oneFor !== undefined && each.oneFor === right.oneFor);
}

/** The least that a run can live with: one role for what is in no namespace, one for what is in the namespaces of cells. */
export function clusterRoles(rights: readonly Right[] = RIGHTS): readonly V1ClusterRole[] {
  const least = leastRights(rights);
  return (['cluster', 'cell'] as const).map((scope) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: ROLE_NAMES[scope] },
    rules: rulesOf(least.filter((right) => right.scope === scope)),
  }));
}

/** A rule for all that is wanted with the same verbs in the same group: few lines for whoever has to grant them. */
function rulesOf(rights: readonly Right[]): V1PolicyRule[] {
  const rules = new Map<string, V1PolicyRule>();
  for (const { group, resource, verbs } of rights) {
    if (verbs.length === 0) continue;
    const key = `${group} ${verbs.join()}`;
    const resources = [...(rules.get(key)?.resources ?? []), resource];
    rules.set(key, { apiGroups: [group], resources, verbs: [...verbs] });
  }
  return [...rules.values()];
}
