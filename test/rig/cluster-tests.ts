import { namedCluster, type ClusterEnv } from './cluster-rig.ts';
import { describeInTurn } from './one-file-at-a-time.ts';

/** The cluster's part of the environment. @throws Error where there is no cluster, saying why */
export function clusterEnv(): ClusterEnv {
  const env = namedCluster(process.env);
  if (!env) throw new Error(`no cluster: ${whyNoCluster() ?? 'run test/rig/up'}`);
  return env;
}

/** Tests on a real cluster, in turn. They fail where there is none, with the reason. */
export function describeWithCluster(name: string, tests: () => void): void {
  describeInTurn(name, { wanted: ['cluster'], lacking: whyNoCluster() }, tests);
}

/** The same, of runs that build and push their images in the rig's engine. */
export function describeWithEngineAndCluster(name: string, tests: () => void): void {
  describeInTurn(name, { wanted: ['engine', 'cluster'], lacking: whyNoCluster() }, tests);
}

function whyNoCluster(): string | undefined {
  if (namedCluster(process.env)) return undefined;
  return process.env['NO_CLUSTER_RIG'] ?? 'the tests were started without their global set-up';
}
