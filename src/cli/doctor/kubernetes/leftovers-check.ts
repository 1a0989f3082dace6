import { sweepCluster } from '../../../harness/run/sweep-cluster.ts';
import type { Cluster } from '../../../harness/providers/kubernetes/cluster.ts';
import { StepError } from '../../../harness/domain/step-error.ts';
import type { Check } from '../check.ts';

const NAME = 'left in cluster';

/** How many namespaces dead runs have left, or networks in those that were given; nothing is removed. */
export async function leftoversCheck(cluster: Cluster, given?: readonly string[]): Promise<Check> {
  try {
    const items = await sweepCluster(cluster, { dryRun: true, given });
    const dead = items.filter(({ state }) => state === 'would-remove');
    const others = items.filter(({ state }) => state === 'elsewhere' || state === 'unknown');
    const told = [...dead, ...others].map(({ path, detail }) => `${path}: ${detail}`);
    const what = given ? 'networks' : 'namespaces';
    const found = `${dead.length} ${what} of dead runs, ${items.length - dead.length} others of ours`;
    if (told.length === 0) return { name: NAME, state: 'ok', found };
    return {
      name: NAME,
      state: dead.length > 0 ? 'warning' : 'ok',
      found,
      tried: told,
      mend: 'npx corda-compat sweep',
    };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { name: NAME, state: 'warning', found: error.message };
  }
}
