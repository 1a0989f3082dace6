import { asking, FIRST_CONTACT_MS } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { GIVEN_RIGHTS, RIGHTS, type Right } from './rights.ts';

/** A right, and the verbs of it that this user has and has not. */
export interface AnsweredRight {
  readonly right: Right;
  readonly allowed: readonly string[];
  readonly missing: readonly string[];
  /** Where that was asked for one namespace. */
  readonly namespace?: string;
}

type Asked = Pick<Cluster, 'authorization'>;

/**
 * Asks the cluster for every verb of every right that a run needs: in each of the namespaces that are given, or in the whole
 * cluster where cells make namespaces, which do not exist yet.
 */
export async function askRights(cluster: Asked, given?: readonly string[]): Promise<readonly AnsweredRight[]> {
  if (!given) return await Promise.all(RIGHTS.map((right) => askRight(cluster, right)));
  const all = given.flatMap((namespace) => GIVEN_RIGHTS.map((right) => askRight(cluster, right, namespace)));
  return await Promise.all(all);
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
