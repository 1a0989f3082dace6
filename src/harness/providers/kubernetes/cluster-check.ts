import { blocked } from '../../domain/step-error.ts';
import { clusterError } from './api-error.ts';
import { askRights, insteadOfIt, missingWords, settled, type AnsweredRight } from './ask-rights.ts';
import type { Cluster } from './cluster.ts';
import { isHeld } from './hold.ts';

/** @throws StepError blocked where no API server answers, this user may not do what a run does, or a given namespace is not there */
export async function checkCluster(cluster: Cluster, given?: readonly string[]): Promise<void> {
  const { config } = cluster;
  const what = `the cluster of context ${config.getCurrentContext()} (${config.getCurrentCluster()?.server})`;
  try {
    const answers = await askRights(cluster, { given });
    const refused = [undefined, ...(given ?? [])].flatMap((namespace) =>
      refusedWords(answers.filter((each) => each.namespace === namespace)),
    );
    if (refused.length > 0) {
      const roles = 'npx corda-compat doctor tells which roles a run needs';
      throw blocked('space', `${what} does not let this user ${refused.join(', ')}. ${roles}`);
    }
    await Promise.all((given ?? []).map((namespace) => isHeld(cluster, namespace)));
  } catch (error) {
    throw clusterError(what, error);
  }
}

/** What a run cannot do without, of one namespace or of the whole cluster. */
function refusedWords(answers: readonly AnsweredRight[]): readonly string[] {
  const { namespace } = answers[0] ?? {};
  const where = namespace === undefined ? '' : ` in the namespace ${namespace}`;
  if (namespace !== undefined && answers.every(({ allowed }) => allowed.length === 0)) return [`do anything${where}`];
  return settled(answers)
    .filter(({ right, missing }) => missing.length > 0 && right.otherwise === undefined)
    .map(
      (answer) => `${[answer, ...insteadOfIt(answer, answers)].map(missingWords).join(' or in its place ')}${where}`,
    );
}
