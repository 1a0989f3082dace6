import { dump } from 'js-yaml';
import { blocked, type StepError } from '../../../harness/domain/step-error.ts';
import { clusterRoles, namespacedRoles } from '../../../harness/providers/kubernetes/rights.ts';

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
  return roles.map((role) => dump(role, { flowLevel: 3, lineWidth: -1 }).trimEnd()).join('\n---\n');
}

function nobody(): StepError {
  return blocked(
    'space',
    'roles in namespaces of COMPAT_NAMESPACES are granted to somebody: add --user NAME, as the cluster calls the user ' +
      '(npx corda-compat doctor tells; system:serviceaccount:NAMESPACE:NAME for a service account)',
  );
}
