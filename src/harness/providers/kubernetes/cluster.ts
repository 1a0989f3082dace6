import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as ClientNode from '@kubernetes/client-node';
import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node';
import pRetry from 'p-retry';
import type { ClusterAddress } from '../../cleanup/ledger.ts';
import { FIELD_MANAGER } from './manifests/names.ts';
import { foundOnce } from '../../support/once.ts';
import { blocked, StepError } from '../../support/step-error.ts';
import { variable } from '../../config/variables.ts';
import { OUTAGE_LIMIT_MS } from '../../config/cell.ts';

/** A cluster that answers, and what speaks to it. */
export interface Cluster {
  readonly address: ClusterAddress;
  readonly config: KubeConfig;
  readonly client: typeof ClientNode;
  readonly core: ClientNode.CoreV1Api;
  readonly apps: ClientNode.AppsV1Api;
  readonly batch: ClientNode.BatchV1Api;
  readonly authorization: ClientNode.AuthorizationV1Api;
  readonly objects: ClientNode.KubernetesObjectApi;
}

/** No question asked yet. @throws StepError blocked */
export async function clusterAt(address: ClusterAddress): Promise<Cluster> {
  const client = await clientNode();
  const config = await kubeConfigOf(address);
  return {
    address,
    config,
    client,
    core: config.makeApiClient(client.CoreV1Api),
    apps: config.makeApiClient(client.AppsV1Api),
    batch: config.makeApiClient(client.BatchV1Api),
    authorization: config.makeApiClient(client.AuthorizationV1Api),
    objects: client.KubernetesObjectApi.makeApiClient(config),
  };
}

/** `clusterAt`, once for all who ask. */
export function clusterOnce(address: () => ClusterAddress): () => Promise<Cluster> {
  return foundOnce(() => clusterAt(address()));
}

/** Server-side apply of all of them, side by side; the fields that we name are ours. @param force takes them over from other managers @throws StepError blocked */
export async function applyAll(
  { objects, client }: Cluster,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
  force = true,
): Promise<void> {
  const how = client.PatchStrategy.ServerSideApply;
  await Promise.all(
    manifests.map(async (manifest) => {
      const what = `${manifest.kind} ${manifest.metadata?.name}`;
      const apply = () => objects.patch(manifest, undefined, undefined, FIELD_MANAGER, force, how);
      await asking(apply, signal).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw clusterError(`${what} could not be applied`, error);
      });
    }),
  );
}

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
  const named = filesOf(env['KUBECONFIG'] ?? '').map((file) => resolve(file));
  const context = variable(env, 'COMPAT_CONTEXT');
  const usual = join(env['HOME'] || homedir(), '.kube', 'config');
  // The reaper works in another folder, and knows no home.
  const kubeconfig = env['KUBECONFIG'] ? named.join(delimiter) : existsSync(usual) ? usual : '';
  return { ...(kubeconfig === '' ? {} : { kubeconfig }), ...(context ? { context } : {}) };
}

/** Reads what an address points to. @throws StepError blocked that says which file or context there is not */
export async function kubeConfigOf(address: ClusterAddress): Promise<KubeConfig> {
  const { context } = address;
  const config = await readKubeconfig(address);
  const where = kubeconfigWords(address);
  const names = config.getContexts().map(({ name }) => name);
  if (context !== undefined) {
    const has = names.join(', ') || 'no context';
    if (!names.includes(context))
      throw blocked('space', `COMPAT_CONTEXT ${context} is not in ${where}, which has ${has}`);
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
    const what = `${kubeconfigWords(address)} cannot be read: ${(error as Error).message}`;
    throw blocked('space', `${what}. kubectl config view tells more`, { cause: error });
  }
  // The library's default without a kubeconfig: a cluster that the user did not name.
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

/** Codes and words of a connection that failed: of Node, of node-fetch (client-node 1) and of undici (client-node 2). */
const CONNECTION =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|UND_ERR_(SOCKET|(CONNECT|HEADERS|BODY)_TIMEOUT)|TimeoutError|socket hang up|Premature close|network socket disconnected/;

/** An error has a few causes at most; the limit ends a chain that leads back to itself. */
const DEEPEST_CAUSE = 8;

/** The same before anything was heard of it: a wrong address must not take that long. */
export const FIRST_CONTACT_MS = 5_000;

/** HTTP status of the API server's answer; `undefined` when it did not answer. */
export function codeOf(error: unknown): number | undefined {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  // Errors of the web platform have a number below 100 as their code: that of a TimeoutError is 23.
  return [code, statusCode].find((each): each is number => typeof each === 'number' && each >= 100);
}

/** The API server's own words, without the library's; where it did not answer, those of the connection. */
export function saidBy(error: unknown): string {
  const { body } = error as { body?: unknown };
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  try {
    const status = JSON.parse(text) as { message?: unknown };
    if (typeof status.message === 'string') return status.message;
  } catch {
    // Not a Status of Kubernetes: said as it is.
  }
  return (text || connectionWords(error)).trim();
}

interface Link {
  readonly code?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
  /** Web sockets report an event with an error in place of an error. */
  readonly error?: unknown;
  readonly cause?: unknown;
  /** One for each address that was tried. */
  readonly errors?: readonly unknown[];
}

/** An error and what it stems from, outermost first: undici says `fetch failed`, and only its cause says why. */
function chainOf(error: unknown): readonly Link[] {
  const chain: Link[] = [];
  let link = error;
  while (typeof link === 'object' && link !== null && chain.length < DEEPEST_CAUSE) {
    const { error: inner, cause, errors } = link as Link;
    chain.push(link);
    link = inner ?? cause ?? errors?.[0];
  }
  return chain;
}

function connectionWords(error: unknown): string {
  const words = chainOf(error).flatMap(({ message }) => (typeof message === 'string' && message ? [message] : []));
  const telling = words.filter((each, index) => !words.slice(index + 1).some((later) => each.includes(later)));
  return telling.join(': ') || String(error);
}

/** Whether the same question may be answered later: the server is busy, broken or out of reach. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) {
    // A quota that the cluster has not counted yet is refused with 403, in these words.
    return code === 429 || code >= 500 || (code === 403 && /status unknown for quota/.test(saidBy(error)));
  }
  return chainOf(error).some(({ code: word, name, message }) =>
    [word, name, message].some((text) => typeof text === 'string' && CONNECTION.test(text)),
  );
}

/** Asks again while the answer is transient, for as long as an outage may last. @throws what the server said at last */
export async function asking<T>(ask: () => Promise<T>, signal?: AbortSignal, limitMs = OUTAGE_LIMIT_MS): Promise<T> {
  return await pRetry(ask, {
    retries: 1000,
    factor: 1.6,
    minTimeout: 100,
    maxTimeout: 3_000,
    maxRetryTime: limitMs,
    shouldRetry: ({ error }) => isTransient(error),
    ...(signal ? { signal } : {}),
  });
}

/** The work's value; `undefined` where the server knows no such thing. */
export async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 404) return undefined;
    throw error;
  }
}

/** An error of the API server as the cell's end: what, why, what to do. First match wins. */
export function clusterError(what: string, error: unknown): StepError {
  if (error instanceof StepError) return error;
  return blocked('space', `${what}: ${meaning(codeOf(error), saidBy(error))}`, { cause: error });
}

function meaning(code: number | undefined, said: string): string {
  if (code === undefined) {
    return `the API server does not answer (${said}). Check the context (COMPAT_CONTEXT, KUBECONFIG) and the network: kubectl version`;
  }
  if (code === 401)
    return `the API server does not know this user (401): ${said}. Renew the credentials of the context`;
  if (code === 403 && /exceeded quota/.test(said)) {
    return `the namespace's quota is too small: ${said}. Raise it, or run fewer cells at once (COMPAT_PARALLEL)`;
  }
  if (code === 403)
    return `this user may not do it (403): ${said}. npx corda-compat doctor --rights prints the roles that a run needs`;
  return `the API server answers ${code}: ${said}`;
}
