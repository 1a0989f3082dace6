import type { AnsweredRight } from '../../../harness/providers/kubernetes/ask-rights.ts';
import { NO_WAY, wayOf } from '../../../harness/providers/kubernetes/ways.ts';
import type { Way } from '../../../harness/providers/kubernetes/rights.ts';
import type { Check } from '../check.ts';

const NAME = 'way to drivers';
const FOUND: Readonly<Record<Way, string>> = {
  'port-forward': 'port-forward through the API server',
  'service-proxy':
    'service proxy of the API server, since this user may not forward ports; ports of nodes are not reached from here',
};

/** How the suites on this machine come to drivers in the cluster. */
export function reachCheck(answers: readonly AnsweredRight[]): Check {
  const way = wayOf(answers);
  if (way !== undefined) return { name: NAME, state: 'ok', found: FOUND[way] };
  return { name: NAME, state: 'missing', found: `none: ${NO_WAY}`, mend: 'see rights above' };
}
