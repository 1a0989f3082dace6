import {
  askRights,
  insteadOfIt,
  missingWords,
  settled,
  type AnsweredRight,
} from '../../../harness/providers/kubernetes/ask-rights.ts';
import { clusterError } from '../../../harness/providers/kubernetes/api-error.ts';
import { ROLE_NAMES } from '../../../harness/providers/kubernetes/rights.ts';
import { withLimit } from '../../../harness/support/with-limit.ts';
import type { Check } from '../check.ts';
import type { Reached } from './contact-check.ts';

const LIMIT_MS = 15_000;
const NAME = 'rights';

/** Every verb on every kind of thing that a run needs, asked one by one. */
export async function rightsCheck({ cluster, user }: Reached): Promise<{
  readonly check: Check;
  readonly answers: readonly AnsweredRight[];
}> {
  try {
    const answers = await withLimit(askRights(cluster), { name: 'the answers about rights', limit: LIMIT_MS });
    return { check: checkOf(answers, user), answers };
  } catch (error) {
    const found = clusterError('what this user may do could not be asked', error).message;
    return { check: { name: NAME, state: 'missing', found, mend: grant(user) }, answers: [] };
  }
}

/** Whether it may do that; asked before. */
export function isAllowed(answers: readonly AnsweredRight[], resource: string, verb: string): boolean {
  return answers.some((each) => each.right.resource === resource && each.allowed.includes(verb));
}

function checkOf(answers: readonly AnsweredRight[], user: string): Check {
  const counted = settled(answers);
  const asked = counted.reduce((sum, { right }) => sum + right.verbs.length, 0);
  const missing = counted.filter((each) => each.missing.length > 0);
  const found = [
    `${user} has ${asked - count(missing)} of the ${asked} rights that a run needs`,
    ...allowedLines(answers),
  ];
  if (missing.length === 0) return { name: NAME, state: 'ok', found: found.join('\n') };
  const tried = missing.map((each) => missingLine(each, insteadOfIt(each, answers)));
  const needed = missing.some(({ right }) => right.otherwise === undefined);
  return { name: NAME, state: needed ? 'missing' : 'warning', found: found.join('\n'), tried, mend: grant(user) };
}

function count(answers: readonly AnsweredRight[]): number {
  return answers.reduce((sum, { missing }) => sum + missing.length, 0);
}

/** A line for all that is allowed with the same verbs. */
function allowedLines(answers: readonly AnsweredRight[]): readonly string[] {
  return (['cluster', 'cell'] as const).flatMap((scope) => {
    const byVerbs = new Map<string, string[]>();
    for (const { right, allowed } of answers) {
      if (right.scope !== scope || allowed.length === 0) continue;
      const verbs = allowed.join(', ');
      byVerbs.set(verbs, [...(byVerbs.get(verbs) ?? []), right.resource]);
    }
    const place = scope === 'cluster' ? 'in the cluster' : 'in namespaces of cells';
    return [...byVerbs].map(([verbs, resources]) => `allowed ${place}: ${verbs}: ${resources.join(', ')}`);
  });
}

function missingLine(answer: AnsweredRight, inItsPlace: readonly AnsweredRight[]): string {
  const { right } = answer;
  const where = right.scope === 'cluster' ? 'in the cluster' : 'in all namespaces';
  const without = right.otherwise === undefined ? '' : `; a run goes without: ${right.otherwise}`;
  const words = (each: AnsweredRight): string => `${missingWords(each)} (${each.right.why})`;
  return `missing ${where}: ${[answer, ...inItsPlace].map(words).join('; or in its place ')}${without}`;
}

/** What an administrator of the cluster enters. */
function grant(user: string): string {
  const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(user);
  const subject = account ? `--serviceaccount=${account[1]}:${account[2]}` : `--user='${user}'`;
  const bind = (role: string) => `kubectl create clusterrolebinding ${role} --clusterrole=${role} ${subject}`;
  return [
    'as an administrator of the cluster: npx corda-compat doctor --rights | kubectl apply -f -',
    bind(ROLE_NAMES.cluster),
    bind(ROLE_NAMES.cell),
  ].join(' && ');
}
