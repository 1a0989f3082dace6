import { describe } from 'vitest';
import { alone } from './one-file-at-a-time.ts';
import { namedCluster, type ClusterEnv } from './cluster-rig.ts';

/** The cluster's part of the environment. @throws Error where there is no cluster, saying why */
export function clusterEnv(): ClusterEnv {
  const env = namedCluster(process.env);
  if (!env) throw new Error(`no cluster: ${whyNoCluster() ?? 'run test/rig/up'}`);
  return env;
}

/** Tests on a real cluster: skipped, with the reason, where there is none; in CI they fail instead. */
export function describeWithCluster(name: string, tests: () => void): void {
  const why = whyNoCluster();
  if (why === undefined || process.env['CI'] !== undefined) describe(name, alone(tests));
  else describe.skip(`${name} (skipped: ${why})`, tests);
}

function whyNoCluster(): string | undefined {
  if (namedCluster(process.env)) return undefined;
  return process.env['NO_CLUSTER_RIG'] ?? 'the tests were started without their global set-up';
}
