import { dump } from 'js-yaml';
import { blocked, type StepError } from '../../../harness/domain/step-error.ts';
import {
  clusterRoles,
  insteadOf,
  leastRights,
  namespacedRoles,
  type Right,
} from '../../../harness/providers/kubernetes/rights.ts';

export interface RightsOf {
  /** Namespaces that cells live in, where they make none. */
  readonly given?: readonly string[] | undefined;
  /** To whom rights in them are granted, as the cluster calls him. */
  readonly user?: string | undefined;
}

/** The roles that a run needs, as `kubectl apply -f -` takes them: a rule a line, for whoever has to grant them. @throws StepError blocked */
export function rightsText({ given, user }: RightsOf = {}): string {
  if (given && user === undefined) throw nobody();
  const roles = given ? namespacedRoles(given, user ?? '') : clusterRoles();
  const texts = roles.map((role) => dump(role, { flowLevel: 3, lineWidth: -1 }).trimEnd());
  const choices = leastRights().flatMap((right) => insteadOf(right).map((other) => choiceLine(right, other)));
  return [...choices, texts.join('\n---\n')].join('\n');
}

function choiceLine({ resource }: Right, other: Right): string {
  return `# In place of ${resource}: ${other.resource}, with the verbs ${other.verbs.join(', ')} (${other.why}).`;
}

function nobody(): StepError {
  return blocked(
    'space',
    'roles in namespaces of COMPAT_NAMESPACES are granted to somebody: add --user NAME, as the cluster calls the user ' +
      '(npx corda-compat doctor tells; system:serviceaccount:NAMESPACE:NAME for a service account)',
  );
}
