import { dump } from 'js-yaml';
import {
  askRights,
  insteadOfIt,
  missingWords,
  settled,
  clusterRoles,
  insteadOf,
  leastRights,
  namespacedRoles,
  ROLE_NAMES,
  subjectOf,
  type AnsweredRight,
  type Right,
} from '../../../harness/providers/kubernetes/rights.ts';
import { clusterError } from '../../../harness/providers/kubernetes/cluster.ts';
import { withLimit } from '../../../harness/support/wait.ts';
import type { Check } from '../check.ts';
import type { Reached } from './kubernetes-checks.ts';
import { blocked } from '../../../harness/support/step-error.ts';

const LIMIT_MS = 15_000;
const NAME = 'rights';

/** Asks for every verb on every kind of thing that a run needs, one by one. @param given namespaces, if a run makes none */
export async function rightsCheck(
  { cluster, user }: Reached,
  given?: readonly string[],
): Promise<{ readonly check: Check; readonly answers: readonly AnsweredRight[] }> {
  try {
    const limit = { name: 'the answers about rights', limit: LIMIT_MS };
    const answers = await withLimit(askRights(cluster, { given }), limit);
    return { check: checkOf(answers, { user, given }), answers };
  } catch (error) {
    const found = clusterError('the rights of this user cannot be read', error).message;
    return { check: { name: NAME, state: 'missing', found, mend: grant({ user, given }) }, answers: [] };
  }
}

/** Whether this user may do that in every place of a run, by the earlier answers. */
export function isAllowed(answers: readonly AnsweredRight[], resource: string, verb: string): boolean {
  const asked = answers.filter(({ right }) => right.resource === resource && right.verbs.includes(verb));
  return asked.length > 0 && asked.every(({ allowed }) => allowed.includes(verb));
}

interface Asker {
  readonly user: string;
  readonly given: readonly string[] | undefined;
}

function checkOf(answers: readonly AnsweredRight[], asker: Asker): Check {
  const { user } = asker;
  const counted = settled(answers);
  const asked = counted.reduce((sum, { right }) => sum + right.verbs.length, 0);
  const missing = counted.filter((each) => each.missing.length > 0);
  const has = `${user} has ${asked - count(missing)} of the ${asked} rights that a run needs`;
  const found = [has, ...allowedLines(answers)];
  if (missing.length === 0) return { name: NAME, state: 'ok', found: found.join('\n') };
  const tried = missing.map((each) => missingLine(each, insteadOfIt(each, answers)));
  const needed = missing.some(({ right }) => right.otherwise === undefined);
  return { name: NAME, state: needed ? 'missing' : 'warning', found: found.join('\n'), tried, mend: grant(asker) };
}

function count(answers: readonly AnsweredRight[]): number {
  return answers.reduce((sum, { missing }) => sum + missing.length, 0);
}

/** One line for all things with the same allowed verbs in the same place. */
function allowedLines(answers: readonly AnsweredRight[]): readonly string[] {
  const lines = new Map<string, string[]>();
  for (const { right, allowed, namespace } of answers) {
    if (allowed.length === 0) continue;
    const cells = namespace === undefined ? 'in namespaces of cells' : `in the namespace ${namespace}`;
    const place = right.scope === 'cluster' ? 'in the cluster' : cells;
    const line = `allowed ${place}: ${allowed.join(', ')}`;
    lines.set(line, [...(lines.get(line) ?? []), right.resource]);
  }
  return [...lines].map(([line, resources]) => `${line}: ${resources.join(', ')}`);
}

function missingLine(answer: AnsweredRight, inItsPlace: readonly AnsweredRight[]): string {
  const { right, namespace } = answer;
  const cells = namespace === undefined ? 'in all namespaces' : `in the namespace ${namespace}`;
  const where = right.scope === 'cluster' ? 'in the cluster' : cells;
  const without = right.otherwise === undefined ? '' : `; a run works without it: ${right.otherwise}`;
  const words = (each: AnsweredRight): string => `${missingWords(each)} (${each.right.why})`;
  return `missing ${where}: ${[answer, ...inItsPlace].map(words).join('; or in its place ')}${without}`;
}

/** The command for an administrator of the cluster. */
function grant({ user, given }: Asker): string {
  if (given) {
    const print = `COMPAT_NAMESPACES=${given.join(',')} npx corda-compat doctor --rights --user '${user}'`;
    return `as an administrator of the namespaces: ${print} | kubectl apply -f -`;
  }
  const { name, namespace } = subjectOf(user);
  const subject = namespace === undefined ? `--user='${user}'` : `--serviceaccount=${namespace}:${name}`;
  const bind = (role: string) => `kubectl create clusterrolebinding ${role} --clusterrole=${role} ${subject}`;
  return [
    'as an administrator of the cluster: npx corda-compat doctor --rights | kubectl apply -f -',
    bind(ROLE_NAMES.cluster),
    bind(ROLE_NAMES.cell),
  ].join(' && ');
}

export interface RightsOf {
  /** The given namespaces; absent if cells make their own. */
  readonly given?: readonly string[] | undefined;
  /** The user who gets the rights, as the cluster calls him. */
  readonly user?: string | undefined;
}

/**
 * The roles that a run needs, for `kubectl apply -f -`: a rule a line, for the administrator who grants them.
 * @throws StepError blocked
 */
export function rightsText({ given, user }: RightsOf = {}): string {
  if (given && user === undefined) {
    const what = 'roles in namespaces of COMPAT_NAMESPACES need a user: add --user NAME, as the cluster calls the user';
    const example = 'npx corda-compat doctor prints it; system:serviceaccount:NAMESPACE:NAME for a service account';
    throw blocked('space', `${what} (${example})`);
  }
  const roles = given ? namespacedRoles(given, user ?? '') : clusterRoles();
  const texts = roles.map((role) => dump(role, { flowLevel: 3, lineWidth: -1 }).trimEnd());
  const choices = leastRights().flatMap((right) => insteadOf(right).map((other) => choiceLine(right, other)));
  return [...choices, texts.join('\n---\n')].join('\n');
}

function choiceLine({ resource }: Right, other: Right): string {
  return `# In place of ${resource}: ${other.resource}, with the verbs ${other.verbs.join(', ')} (${other.why}).`;
}
