import type { Cluster } from './cluster.ts';
import { asking, clusterError, FIRST_CONTACT_MS } from './api-error.ts';
import { blocked } from '../../domain/step-error.ts';

/** What a run does in the namespaces that it makes; those that differ from each other in who is usually given them. */
const NEEDED = [
  { verb: 'create', group: '', resource: 'namespaces' },
  { verb: 'delete', group: '', resource: 'namespaces' },
  { verb: 'patch', group: 'apps', resource: 'statefulsets' },
  { verb: 'patch', group: '', resource: 'secrets' },
  { verb: 'watch', group: '', resource: 'pods' },
  { verb: 'watch', group: '', resource: 'events' },
  { verb: 'get', group: '', resource: 'pods', subresource: 'log' },
  { verb: 'create', group: '', resource: 'pods', subresource: 'exec' },
  { verb: 'create', group: '', resource: 'pods', subresource: 'portforward' },
] as const;

/** @throws StepError blocked where no API server answers, or this user may not do what a run does */
export async function checkCluster(cluster: Cluster): Promise<void> {
  const { authorization, config } = cluster;
  const what = `the cluster of context ${config.getCurrentContext()} (${config.getCurrentCluster()?.server})`;
  try {
    const answers = await Promise.all(
      NEEDED.map(async (resourceAttributes) => {
        const body = { spec: { resourceAttributes } };
        const review = await asking(
          () => authorization.createSelfSubjectAccessReview({ body }),
          undefined,
          FIRST_CONTACT_MS,
        );
        return { ...resourceAttributes, allowed: review.status?.allowed === true };
      }),
    );
    const refused = answers
      .filter(({ allowed }) => !allowed)
      .map((each) => {
        return `${each.verb} ${each.resource}${'subresource' in each ? `/${each.subresource}` : ''}`;
      });
    if (refused.length === 0) return;
    throw blocked(
      'space',
      `${what} does not let this user ${refused.join(', ')}. docs/provider-kubernetes.md has the Role that a run needs`,
    );
  } catch (error) {
    throw clusterError(what, error);
  }
}
