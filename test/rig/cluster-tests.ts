import { describe } from 'vitest';
import { namedCluster, type ClusterEnv } from './cluster-rig.ts';
import { takeTurn, type Shared } from './one-file-at-a-time.ts';

/** The cluster's part of the environment. @throws Error where there is no cluster, saying why */
export function clusterEnv(): ClusterEnv {
  const env = namedCluster(process.env);
  if (!env) throw new Error(`no cluster: ${whyNoCluster() ?? 'run test/rig/up'}`);
  return env;
}

/** Tests on a real cluster: skipped, with the reason, where there is none; in CI they fail instead. */
export function describeWithCluster(name: string, tests: () => void): void {
  describeAlone(name, ['cluster'], tests);
}

/** The same, of runs that build and push their images in the rig's engine. */
export function describeWithEngineAndCluster(name: string, tests: () => void): void {
  describeAlone(name, ['engine', 'cluster'], tests);
}

function describeAlone(name: string, wanted: readonly Shared[], tests: () => void): void {
  const why = whyNoCluster();
  if (why !== undefined && process.env['CI'] === undefined) {
    describe.skip(`${name} (skipped: ${why})`, tests);
    return;
  }
  describe(name, () => {
    takeTurn(...wanted);
    tests();
  });
}

function whyNoCluster(): string | undefined {
  if (namedCluster(process.env)) return undefined;
  return process.env['NO_CLUSTER_RIG'] ?? 'the tests were started without their global set-up';
}
