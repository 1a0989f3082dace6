import { bringUpCluster, CLUSTER_ROOT, namedCluster, runningCluster, takeDownCluster } from './cluster-rig.ts';
import { builtBox, cannotBuild } from './kubernetes/build.ts';
import { cannotRun, CLUSTER_PACKAGES, missingPackages } from './packages.ts';

/**
 * Before the tests of a project: a cluster, where there is none yet and one can be had without installing or building
 * anything. Workers find it in their environment; `cluster-tests.ts` says what that means for tests.
 */
export default async function setUp(): Promise<(() => Promise<void>) | undefined> {
  const { env } = process;
  if (namedCluster(env)) return undefined;
  const running = await runningCluster(CLUSTER_ROOT);
  const why = running ? undefined : await whyNot();
  if (why !== undefined) {
    env['NO_CLUSTER_RIG'] = why;
    return undefined;
  }
  Object.assign(env, running ?? (await bringUpCluster(CLUSTER_ROOT, (text) => console.error(`rig: ${text}`))));
  return running ? undefined : endCluster;
}

async function endCluster(): Promise<void> {
  const left = await takeDownCluster(CLUSTER_ROOT);
  if (left.length > 0) throw new Error(`the cluster left behind: ${left.join(', ')}`);
}

async function whyNot(): Promise<string | undefined> {
  const why = cannotRun() ?? (await cannotBuild());
  if (why !== undefined) return why;
  const missing = await missingPackages(CLUSTER_PACKAGES);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}: run test/rig/up`;
  return (await builtBox()) ? undefined : 'Kubernetes is not built yet: run test/rig/up';
}
