import { dump } from 'js-yaml';
import { clusterRoles } from '../../../harness/providers/kubernetes/rights.ts';

/** The roles that a run needs, as `kubectl apply -f -` takes them: a rule a line, for whoever has to grant them. */
export function rightsText(): string {
  return clusterRoles()
    .map((role) => dump(role, { flowLevel: 3, lineWidth: -1 }).trimEnd())
    .join('\n---\n');
}
