import { asking, FIRST_CONTACT_MS } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { GIVEN_RIGHTS, insteadOf, RIGHTS, rightWords, type Right } from './rights.ts';

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

/** Of rights that are for the same one answer: the first that is there in full, otherwise the first. */
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
