import type { RbacV1Subject, V1ClusterRole, V1PolicyRule, V1Role, V1RoleBinding } from '@kubernetes/client-node';
import { HOLD } from './manifests/namespace.ts';
import { asking, FIRST_CONTACT_MS, type Cluster } from './cluster.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** `cluster`: of things that are in no namespace. `cell`: of what is in the namespace of a cell. */
export type RightScope = 'cluster' | 'cell';

/** The rights of a user on one kind of objects. */
export interface Right {
  readonly scope: RightScope;
  /** API group; the core's is ''. */
  readonly group: string;
  /** As RBAC writes it: `pods`, `pods/log`. */
  readonly resource: string;
  /** The one thing of that kind; absent for all. */
  readonly name?: string;
  readonly verbs: readonly string[];
  /** The use of it in a run, in words. */
  readonly why: string;
  /** A run does without, in this way. */
  readonly otherwise?: string;
  /** Rights with the same word stand in for each other: a run uses the first that is there in full. */
  readonly oneFor?: string;
}

/** How ports in a cluster come to this machine, better ones first, and the kind of things that must be allowed for it. */
export const WAYS = { 'port-forward': 'pods/portforward', 'service-proxy': 'services/proxy' } as const;
export type Way = keyof typeof WAYS;

/** Whether cells live in namespaces that they make, or in some that they are given. */
type Living = 'made' | 'given';

/** Where it is wanted; absent for both. */
type Row = Right & { readonly living?: Living };

const cluster = (resource: string, verbs: readonly string[], more: Pick<Right, 'why' | 'otherwise'>): Row => ({
  living: 'made',
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
const only = (living: Living, right: Right): Row => ({ living, ...right });
/** One way is enough. A proxy hands on both GET, which is `get`, and POST, which is `create`; for web sockets see below. */
const way = (name: Way, why: string): Right => ({ ...cell(WAYS[name], ['get', 'create'], why), oneFor: 'ways' });
/** Server-side apply is a patch, and where there is nothing yet a create as well. */
const APPLY = ['create', 'patch'];

const SEEN = 'to see whose it is, and that it is gone';

/** Each new call of the API server needs an entry here. */
const TABLE: readonly Row[] = [
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
  cell('configmaps', ['list', ...APPLY], 'node.conf and other files without keys'),
  cell('secrets', ['list', ...APPLY], 'keys, tokens, and the password of the registry'),
  only('given', {
    ...cell('configmaps', ['get', 'delete'], 'the hold on the namespace, with which all of a cell goes'),
    name: HOLD,
  }),
  only('given', {
    ...cell('configmaps/finalizers', ['update'], 'the hold goes last'),
    name: HOLD,
    otherwise: 'only clusters that guard references to owners (OpenShift) ask for it',
  }),
  cell('services', ['list', ...APPLY], 'names by which nodes find each other'),
  only('given', cell('serviceaccounts', ['list'], SEEN)),
  cell('serviceaccounts', APPLY, 'Pods without a token, and the CronJob’s own'),
  cell('persistentvolumeclaims', ['list', ...APPLY, 'deletecollection'], 'base directories of nodes'),
  only('made', cell('limitranges', APPLY, 'limits of the namespace')),
  only('made', cell('resourcequotas', APPLY, 'limits of the namespace')),
  cell('statefulsets', ['list', ...APPLY, 'deletecollection'], 'nodes and services', 'apps'),
  cell('statefulsets/scale', ['patch'], 'nodes are stopped', 'apps'),
  cell(
    'deployments',
    ['list', ...APPLY, 'deletecollection'],
    'the same, with kubernetes.workload: "deployment"',
    'apps',
  ),
  cell('deployments/scale', ['patch'], 'nodes are stopped', 'apps'),
  cell('cronjobs', ['list', ...APPLY, 'deletecollection'], 'it deletes the leftovers of a dead run', 'batch'),
  only('given', cell('jobs', ['list'], 'to see that those of the CronJob are gone as well', 'batch')),
  cell('networkpolicies', ['list', ...APPLY], 'only traffic of the cell itself', 'networking.k8s.io'),
  only('given', cell('roles', ['list'], SEEN, RBAC)),
  only('given', cell('rolebindings', ['list'], SEEN, RBAC)),
  cell('roles', APPLY, 'the rights of the CronJob', RBAC),
  cell('rolebindings', APPLY, 'the rights of the CronJob', RBAC),
];

const rightsOf = (living: Living): readonly Right[] =>
  TABLE.flatMap(({ living: where = living, ...right }) => (where === living ? [right] : []));

/**
 * All that a run does in a cluster: what doctor asks for, what a run asks for before it begins, and the roles that are printed
 * and documented.
 */
export const RIGHTS: readonly Right[] = rightsOf('made');

/** The same where cells live in namespaces that are given: nothing is asked of the cluster as a whole. */
export const GIVEN_RIGHTS: readonly Right[] = rightsOf('given');

export const ROLE_NAMES = { cluster: 'corda-compat', cell: 'corda-compat-cell' } as const;

/** `delete namespaces`, for people. */
export function rightWords(
  { group, resource, name }: Pick<Right, 'group' | 'resource' | 'name'>,
  verb: string,
): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${name}`}`;
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
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: ROLE_NAMES[scope] },
    rules: rulesOf(least.filter((right) => right.scope === scope)),
  }));
}

/** As the cluster calls a user: `system:serviceaccount:namespace:name`, or a name of its own. */
export function subjectOf(user: string): RbacV1Subject {
  const [, namespace, name = ''] = /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? [];
  if (namespace !== undefined) return { kind: 'ServiceAccount', name, namespace };
  return { apiGroup: RBAC, kind: 'User', name: user };
}

/** The least that a run can live with in namespaces that are given, and to whom it is granted. */
export function namespacedRoles(
  namespaces: readonly string[],
  user: string,
  rights: readonly Right[] = GIVEN_RIGHTS,
): readonly (V1Role | V1RoleBinding)[] {
  const name = ROLE_NAMES.cluster;
  return namespaces.flatMap((namespace) => [
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name, namespace }, rules: rulesOf(leastRights(rights)) },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: RBAC, kind: 'Role', name },
      subjects: [subjectOf(user)],
    },
  ]);
}

/** A rule for all that is wanted with the same verbs in the same group: few lines for the administrator who grants them. */
function rulesOf(rights: readonly Right[]): V1PolicyRule[] {
  const verbsOf = new Map<string, { readonly right: Right; readonly verbs: string[] }>();
  for (const right of rights.filter(({ verbs }) => verbs.length > 0)) {
    const key = `${right.group} ${right.resource} ${right.name}`;
    verbsOf.set(key, { right, verbs: [...(verbsOf.get(key)?.verbs ?? []), ...right.verbs] });
  }
  const rules = new Map<string, V1PolicyRule>();
  for (const { right, verbs } of verbsOf.values()) {
    const { group, resource, name } = right;
    const key = `${group} ${name} ${verbs.join()}`;
    const resources = [...(rules.get(key)?.resources ?? []), resource];
    rules.set(key, { apiGroups: [group], resources, ...(name === undefined ? {} : { resourceNames: [name] }), verbs });
  }
  return [...rules.values()];
}

/** A right, and the verbs of it that this user has and has not. */
export interface AnsweredRight {
  readonly right: Right;
  readonly allowed: readonly string[];
  readonly missing: readonly string[];
  /** Where that was asked for one namespace. */
  readonly namespace?: string;
}

type Asked = Pick<Cluster, 'authorization'>;

export interface RightsAsked {
  /** Namespaces that cells live in, where they make none. */
  readonly given?: readonly string[] | undefined;
  /** Kinds of things, where not all that a run needs is asked for. */
  readonly resources?: readonly string[];
}

/**
 * Asks the cluster for every verb of every right that a run needs: in each of the namespaces that are given, or in the whole
 * cluster where cells make namespaces, which do not exist yet.
 */
export async function askRights(
  cluster: Asked,
  { given, resources }: RightsAsked = {},
): Promise<readonly AnsweredRight[]> {
  const isAsked = ({ resource }: Right): boolean => resources?.includes(resource) ?? true;
  const places = given ?? [undefined];
  const rights = (given ? GIVEN_RIGHTS : RIGHTS).filter(isAsked);
  return await Promise.all(places.flatMap((place) => rights.map((right) => askRight(cluster, right, place))));
}

async function askRight({ authorization }: Asked, right: Right, namespace?: string): Promise<AnsweredRight> {
  const [resource = '', subresource] = right.resource.split('/');
  const where = namespace === undefined ? {} : { namespace };
  const named = right.name === undefined ? {} : { name: right.name };
  const attributes = {
    ...where,
    ...named,
    group: right.group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
  };
  const ask = async (verb: string): Promise<boolean> => {
    const body = { spec: { resourceAttributes: { ...attributes, verb } } };
    const create = () => authorization.createSelfSubjectAccessReview({ body });
    return (await asking(create, undefined, FIRST_CONTACT_MS)).status?.allowed === true;
  };
  const answers = await Promise.all(right.verbs.map(async (verb) => ({ verb, allowed: await ask(verb) })));
  const verbs = (wanted: boolean) => answers.filter(({ allowed }) => allowed === wanted).map(({ verb }) => verb);
  return { ...where, right, allowed: verbs(true), missing: verbs(false) };
}

/** One answer of those that stand in for each other: the first that is there in full, otherwise the first. */
export function settled(answers: readonly AnsweredRight[]): readonly AnsweredRight[] {
  const best = ({ right: { oneFor }, namespace }: AnsweredRight): AnsweredRight | undefined => {
    const same = answers.filter((each) => each.right.oneFor === oneFor && each.namespace === namespace);
    return same.find(({ missing }) => missing.length === 0) ?? same[0];
  };
  return answers.filter((answer) => answer.right.oneFor === undefined || answer === best(answer));
}

/** `get services/proxy, create services/proxy` */
export function missingWords({ right, missing }: AnsweredRight): string {
  return missing.map((verb) => rightWords(right, verb)).join(', ');
}

/** The answers about rights that would do in the place of one. */
export function insteadOfIt(
  { right, namespace }: AnsweredRight,
  answers: readonly AnsweredRight[],
): readonly AnsweredRight[] {
  const others = insteadOf(
    right,
    answers.map((answer) => answer.right),
  );
  return answers.filter((answer) => others.includes(answer.right) && answer.namespace === namespace);
}
