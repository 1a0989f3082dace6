import { describe } from 'vitest';
import type { ClusterEnv } from './cluster-rig.ts';

/** The cluster's part of the environment. @throws Error where there is no cluster, saying why */
export function clusterEnv(): ClusterEnv {
  const of = (name: keyof ClusterEnv): string => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`no cluster (${name} is not set): ${whyNoCluster() ?? 'run test/rig/up'}`);
    return value;
  };
  return {
    COMPAT_TEST_KUBECONFIG: of('COMPAT_TEST_KUBECONFIG'),
    COMPAT_TEST_KUBECTL: of('COMPAT_TEST_KUBECTL'),
  };
}

/** Tests on a real cluster: skipped, with the reason, where there is none; in CI they fail instead. */
export function describeWithCluster(name: string, tests: () => void): void {
  const why = whyNoCluster();
  if (why === undefined || process.env['CI'] !== undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: ${why})`, tests);
}

function whyNoCluster(): string | undefined {
  const { env } = process;
  if (env['COMPAT_TEST_KUBECONFIG'] !== undefined && env['COMPAT_TEST_KUBECTL'] !== undefined) return undefined;
  return env['NO_CLUSTER_RIG'] ?? 'the tests were started without their global set-up';
}
