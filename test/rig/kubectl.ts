import { execa } from 'execa';
import { dump } from 'js-yaml';
import { clusterEnv } from './cluster-tests.ts';

export interface KubectlOptions {
  /** By default the administrator's. */
  readonly kubeconfig?: string;
  /** Written to it as YAML documents. */
  readonly input?: readonly object[];
}

/** Runs kubectl against the rig's cluster. @returns what it printed, whether it failed or not, and its exit code */
export async function tryKubectl(args: readonly string[], { kubeconfig, input }: KubectlOptions = {}) {
  const env = clusterEnv();
  const all = ['--kubeconfig', kubeconfig ?? env.COMPAT_TEST_KUBECONFIG, '--request-timeout=60s', ...args];
  const documents = input?.map((object) => dump(object)).join('---\n');
  const options = {
    reject: false as const,
    all: true as const,
    ...(documents === undefined ? {} : { input: documents }),
  };
  const { exitCode, stdout, all: text } = await execa(env.COMPAT_TEST_KUBECTL, all, options);
  return { exitCode, stdout, text };
}

/** @throws Error with what kubectl said */
export async function kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
  const { exitCode, stdout, text } = await tryKubectl(args, options);
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${text}`);
  return stdout;
}
