import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as ClientNode from '@kubernetes/client-node';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ClusterAddress } from '../../domain/ledger.ts';
import { blocked } from '../../domain/step-error.ts';
import { variable } from '../../domain/environment.ts';

const NOWHERE = 'http://localhost:8080';

/**
 * The library, loaded when it is wanted (it takes half a second) and from where this program is installed: the reaper is one
 * file in another folder.
 */
export async function clientNode(): Promise<typeof ClientNode> {
  const file = createRequire(import.meta.url).resolve('@kubernetes/client-node');
  return (await import(pathToFileURL(file).href)) as typeof ClientNode;
}

/** Where kubectl would look: KUBECONFIG, or the file in the home folder, or what a Pod has; COMPAT_CONTEXT names another context. */
export function clusterAddressOf(env: NodeJS.ProcessEnv): ClusterAddress {
  const named = env['KUBECONFIG'];
  const context = variable(env, 'COMPAT_CONTEXT');
  const usual = join(env['HOME'] || homedir(), '.kube', 'config');
  // The reaper works in another folder, and knows no home.
  const kubeconfig = named
    ? filesOf(named)
        .map((file) => resolve(file))
        .join(delimiter)
    : existsSync(usual)
      ? usual
      : '';
  return { ...(kubeconfig === '' ? {} : { kubeconfig }), ...(context ? { context } : {}) };
}

/** Reads what an address points to. @throws StepError blocked that says which file or context there is not */
export async function kubeConfigOf({ kubeconfig, context }: ClusterAddress): Promise<KubeConfig> {
  const config = await readKubeconfig({ ...(kubeconfig === undefined ? {} : { kubeconfig }) });
  const where = kubeconfigWords({ ...(kubeconfig === undefined ? {} : { kubeconfig }) });
  const names = config.getContexts().map(({ name }) => name);
  if (context !== undefined) {
    if (!names.includes(context))
      throw blocked(
        'space',
        `COMPAT_CONTEXT ${context} is not in ${where}, which has ${names.join(', ') || 'no context'}`,
      );
    config.setCurrentContext(context);
  }
  if (!config.getCurrentCluster()) {
    const has = `it has the contexts ${names.join(', ') || '(none)'}`;
    throw blocked('space', `${where} names no current context that it has a cluster for; ${has}. Set COMPAT_CONTEXT`);
  }
  return config;
}

/** Where the configuration is, for people. */
export function kubeconfigWords({ kubeconfig }: Pick<ClusterAddress, 'kubeconfig'>): string {
  return kubeconfig === undefined ? 'the kubeconfig of this user' : `kubeconfig ${kubeconfig}`;
}

/** All contexts that there are; the current one is chosen by the file. @throws StepError blocked */
export async function readKubeconfig(address: Pick<ClusterAddress, 'kubeconfig'>): Promise<KubeConfig> {
  const { KubeConfig } = await clientNode();
  const config = new KubeConfig();
  const { kubeconfig } = address;
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else loadFiles(config, kubeconfig, () => new KubeConfig());
  } catch (error) {
    const why = (error as Error).message;
    throw blocked('space', `${kubeconfigWords(address)} cannot be read: ${why}. kubectl config view tells more`, {
      cause: error,
    });
  }
  // What the library takes where it finds nothing: a cluster that nobody named.
  if (config.getCurrentContext() === 'loaded-context' && config.getCurrentCluster()?.server === NOWHERE) {
    throw blocked(
      'space',
      'there is no kubeconfig: KUBECONFIG is not set, this user has no ~/.kube/config, and this is no Pod of a cluster. ' +
        'Set KUBECONFIG to the file of your cluster',
    );
  }
  return config;
}

function filesOf(kubeconfig: string): readonly string[] {
  return kubeconfig.split(delimiter).filter((file) => file !== '');
}

/** As kubectl: a file that does not exist is left out; of a name in several files, and of the current context, the first counts. */
function loadFiles(config: KubeConfig, kubeconfig: string, fresh: () => KubeConfig): void {
  const read = filesOf(kubeconfig).flatMap((file) => {
    const text = textOf(file);
    return text === undefined || text.trim() === '' ? [] : [parsed(fresh(), file, text)];
  });
  if (read.length === 0) throw new Error('there is no such file, or nothing in it');
  config.loadFromOptions({
    clusters: firstOfEachName(read.flatMap(({ clusters }) => clusters)),
    users: firstOfEachName(read.flatMap(({ users }) => users)),
    contexts: firstOfEachName(read.flatMap(({ contexts }) => contexts)),
    currentContext: read.map(({ currentContext }) => currentContext).find((context) => context),
  });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws Error that names the file */
function parsed(config: KubeConfig, file: string, text: string): KubeConfig {
  try {
    config.loadFromString(text);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
  config.makePathsAbsolute(dirname(file));
  return config;
}

function firstOfEachName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
}
