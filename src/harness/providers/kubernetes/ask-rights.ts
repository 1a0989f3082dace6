import { asking, FIRST_CONTACT_MS } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { insteadOf, RIGHTS, rightWords, type Right } from './rights.ts';

/** A right, and the verbs of it that this user has and has not. */
export interface AnsweredRight {
  readonly right: Right;
  readonly allowed: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Asks the cluster for every verb of every right. Namespaces of cells do not exist yet: what is needed in them is asked for in
 * all namespaces.
 * @param namespace where it is about one that is there
 */
export async function askRights(
  { authorization }: Pick<Cluster, 'authorization'>,
  rights: readonly Right[] = RIGHTS,
  namespace?: string,
): Promise<readonly AnsweredRight[]> {
  const ask = async ({ group, resource: name }: Right, verb: string): Promise<boolean> => {
    const [resource = '', subresource] = name.split('/');
    const where = namespace === undefined ? {} : { namespace };
    const resourceAttributes = {
      verb,
      group,
      resource,
      ...where,
      ...(subresource === undefined ? {} : { subresource }),
    };
    const body = { spec: { resourceAttributes } };
    const review = await asking(
      () => authorization.createSelfSubjectAccessReview({ body }),
      undefined,
      FIRST_CONTACT_MS,
    );
    return review.status?.allowed === true;
  };
  return await Promise.all(
    rights.map(async (right) => {
      const answers = await Promise.all(right.verbs.map(async (verb) => ({ verb, allowed: await ask(right, verb) })));
      const verbs = (wanted: boolean) => answers.filter(({ allowed }) => allowed === wanted).map(({ verb }) => verb);
      return { right, allowed: verbs(true), missing: verbs(false) };
    }),
  );
}

/** Of rights that are for the same one answer: the first that is there in full, otherwise the first. */
export function settled(answers: readonly AnsweredRight[]): readonly AnsweredRight[] {
  const best = ({ right: { oneFor } }: AnsweredRight): AnsweredRight | undefined => {
    const same = answers.filter(({ right }) => right.oneFor === oneFor);
    return same.find(({ missing }) => missing.length === 0) ?? same[0];
  };
  return answers.filter((answer) => answer.right.oneFor === undefined || answer === best(answer));
}

/** `get services/proxy, create services/proxy` */
export function missingWords({ right, missing }: AnsweredRight): string {
  return missing.map((verb) => rightWords(right, verb)).join(', ');
}

/** The answers about rights that would do in the place of one. */
export function insteadOfIt({ right }: AnsweredRight, answers: readonly AnsweredRight[]): readonly AnsweredRight[] {
  const others = insteadOf(
    right,
    answers.map((answer) => answer.right),
  );
  return answers.filter((answer) => others.includes(answer.right));
}
