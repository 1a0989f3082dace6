import { blocked } from '../../domain/step-error.ts';
import { clusterError } from './api-error.ts';
import { askRights, insteadOfIt, missingWords, settled } from './ask-rights.ts';
import type { Cluster } from './cluster.ts';

/** @throws StepError blocked where no API server answers, or this user may not do what a run does */
export async function checkCluster(cluster: Cluster): Promise<void> {
  const { config } = cluster;
  const what = `the cluster of context ${config.getCurrentContext()} (${config.getCurrentCluster()?.server})`;
  try {
    const answers = await askRights(cluster);
    const refused = settled(answers)
      .filter(({ right, missing }) => missing.length > 0 && right.otherwise === undefined)
      .map((answer) => [answer, ...insteadOfIt(answer, answers)].map(missingWords).join(' or in its place '));
    if (refused.length === 0) return;
    throw blocked(
      'space',
      `${what} does not let this user ${refused.join(', ')}. npx corda-compat doctor --rights prints the roles that a run needs`,
    );
  } catch (error) {
    throw clusterError(what, error);
  }
}
