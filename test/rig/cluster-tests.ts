import { describe } from 'vitest';

/** The cluster of the tests. @throws Error where there is none */
export function clusterEnv(): { readonly COMPAT_TEST_KUBECONFIG: string } {
  const file = process.env['COMPAT_TEST_KUBECONFIG'];
  if (!file) throw new Error('COMPAT_TEST_KUBECONFIG is not set: there is no cluster to test on');
  return { COMPAT_TEST_KUBECONFIG: file };
}

/** Tests on a real cluster: skipped, with the reason, where there is none; in CI they fail instead. */
export function describeWithCluster(name: string, tests: () => void): void {
  const isThere = Boolean(process.env['COMPAT_TEST_KUBECONFIG']) && Boolean(process.env['COMPAT_REGISTRY']);
  if (isThere || process.env['CI'] !== undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: COMPAT_TEST_KUBECONFIG or COMPAT_REGISTRY is not set)`, tests);
}
