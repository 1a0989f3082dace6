import { dump } from 'js-yaml';
import { clusterRoles, insteadOf, leastRights, type Right } from '../../../harness/providers/kubernetes/rights.ts';

/** The roles that a run needs, as `kubectl apply -f -` takes them: a rule a line, for whoever has to grant them. */
export function rightsText(): string {
  const roles = clusterRoles().map((role) => dump(role, { flowLevel: 3, lineWidth: -1 }).trimEnd());
  const choices = leastRights().flatMap((right) => insteadOf(right).map((other) => choiceLine(right, other)));
  return [...choices, roles.join('\n---\n')].join('\n');
}

function choiceLine({ resource }: Right, other: Right): string {
  return `# In place of ${resource}: ${other.resource}, with the verbs ${other.verbs.join(', ')} (${other.why}).`;
}
