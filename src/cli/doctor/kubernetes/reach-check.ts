import type { AnsweredRight } from '../../../harness/providers/kubernetes/ask-rights.ts';
import type { Check } from '../check.ts';
import { isAllowed } from './rights-check.ts';

const NAME = 'way to drivers';

/** How the suites on this machine come to drivers in the cluster. */
export function reachCheck(answers: readonly AnsweredRight[]): Check {
  const forward = ['get', 'create'].every((verb) => isAllowed(answers, 'pods/portforward', verb));
  if (forward) return { name: NAME, state: 'ok', found: 'port-forward through the API server' };
  const found =
    'none: a run reaches drivers by port-forward, which this user may not (get and create pods/portforward)';
  return { name: NAME, state: 'missing', found, mend: 'see rights above' };
}
