import { expect } from 'vitest';
import type { Check } from '../../src/cli/doctor/check.ts';
import { kubernetesChecks } from '../../src/cli/doctor/kubernetes/kubernetes-checks.ts';
import { clusterEnv } from './cluster-tests.ts';

/** More than any wait of the doctor together. */
const LIMIT_MS = 60_000;
type Environment = Readonly<Record<string, string | undefined>>;

/** The rig's cluster and registry, but for what is said otherwise. */
export function doctorEnvironment(env: Environment) {
  return { ...process.env, KUBECONFIG: clusterEnv().RIG_KUBECONFIG, ...env };
}

/** Has the doctor look at a cluster, from a folder, within its limit. */
export async function examineCluster(
  folder: string,
  env: Environment = {},
  { signal = new AbortController().signal, onNote = (): void => undefined } = {},
) {
  const notes: string[] = [];
  const began = performance.now();
  const note = (text: string): void => {
    notes.push(text);
    onNote();
  };
  const checks = await kubernetesChecks({ cwd: folder, env: doctorEnvironment(env), signal, note, print: note });
  expect(performance.now() - began).toBeLessThan(LIMIT_MS);
  const named = (name: string): Check | undefined => checks.find((check) => check.name === name);
  return { checks, named, notes };
}
