import { StepError } from '../../../harness/support/step-error.ts';
import type { AnsweredRight, Way } from '../../../harness/providers/kubernetes/rights.ts';
import {
  type Cluster,
  clusterAddressOf,
  clusterAt,
  asking,
  clusterError,
  codeOf,
  FIRST_CONTACT_MS,
  kubeconfigWords,
  readKubeconfig,
} from '../../../harness/providers/kubernetes/cluster.ts';
import { NoneFree } from '../../../harness/providers/kubernetes/namespace.ts';
import type { KubernetesSettings } from '../../../harness/providers/kubernetes/kubernetes-provider.ts';
import { engineOnce } from '../../../harness/docker/engine.ts';
import { clusterSettings, namedNamespaces } from '../../../harness/provision/cluster-provider.ts';
import type { CliContext } from '../../context.ts';
import { messageOf } from '../../../harness/support/words.ts';
import { type Check, failed, MEND_ABOVE } from '../check.ts';
import { K8S_LABEL } from '../../../harness/providers/kubernetes/manifests/names.ts';
import { leftoversCheck, pullCheck, chooseClass, storageCheck } from './place-checks.ts';
import { isAllowed, rightsCheck } from './rights-check.ts';
import { planTrial, runTrial, trialPlace, trialImage, pullOutcome, storageOutcome } from './trial.ts';
import type { ClusterAddress } from '../../../harness/cleanup/ledger.ts';
import { nearest } from '../../../harness/support/nearest.ts';
import { withLimit } from '../../../harness/support/wait.ts';
import { NO_WAY, wayOf } from '../../../harness/providers/kubernetes/ways.ts';
import { holderWords, isHeld, readHold } from '../../../harness/providers/kubernetes/hold.ts';

/** Checks the cluster of a run: asks it, and tries a Pod in a namespace that the doctor removes again. */
export async function kubernetesChecks(context: CliContext): Promise<Check[]> {
  const { check: contact, reached } = await contactCheck(clusterAddressOf(context.env));
  if (!reached) return [contact];
  let given: readonly string[] | undefined;
  try {
    given = namedNamespaces(context.env);
  } catch (error) {
    return [contact, failed('namespaces', error, 'correct it, then run the doctor again')];
  }
  const { check: rights, answers } = await rightsCheck(reached, given);
  context.signal.throwIfAborted();
  return [
    contact,
    ...(given ? [await givenCheck(reached.cluster, given)] : []),
    rights,
    reachCheck(answers),
    ...(await trialChecks(reached, { answers, context })),
    await leftoversCheck(reached.cluster, given),
  ];
}

interface Trying {
  readonly answers: readonly AnsweredRight[];
  readonly context: CliContext;
}

async function trialChecks(reached: Reached, { answers, context }: Trying): Promise<readonly Check[]> {
  let settings: KubernetesSettings;
  try {
    settings = await clusterSettings(context.env);
  } catch (error) {
    return [failed('regsecret', error, 'set the variables above, then run the doctor again')];
  }
  const why = notAllowed(answers, settings.given !== undefined);
  if (why !== undefined) return [untried(`this user may not ${why}`)];
  return await tryOut(reached, { settings, answers, context });
}

function untried(why: string): Check {
  return { name: 'trial', state: 'warning', found: `neither a volume nor a pull was tried: ${why}` };
}

/** The rights that the trial itself needs. */
const TRIAL_RIGHTS = [
  ['namespaces', 'create'],
  ['namespaces', 'delete'],
  ['persistentvolumeclaims', 'create'],
  ['pods', 'create'],
  ['pods', 'deletecollection'],
  ['secrets', 'create'],
] as const;

function notAllowed(answers: readonly AnsweredRight[], inGiven: boolean): string | undefined {
  const wanted = TRIAL_RIGHTS.filter(([resource]) => !inGiven || resource !== 'namespaces');
  const missing = wanted.find(([resource, verb]) => !isAllowed(answers, resource, verb));
  return missing && `${missing[1]} ${missing[0]}`;
}

async function tryOut(
  { cluster }: Reached,
  { settings, answers, context }: Trying & { readonly settings: KubernetesSettings },
): Promise<readonly Check[]> {
  const { cwd, env, signal, note } = context;
  const mayList = isAllowed(answers, 'storageclasses', 'list');
  const [choice, engine] = await Promise.all([
    chooseClass(cluster, { named: settings.storageClass, mayList }),
    engineOnce(env)().catch(() => undefined),
  ]);
  const image = await trialImage({ cwd, env, signal, ...(engine ? { engine } : {}) });
  const withClaim = choice.kind === 'class';
  const facts = await planTrial(settings.prefix);
  const volume = withClaim ? 'a claim of 1 MiB and ' : '';
  note(`trying ${volume}a Pod of ${image.reference} in ${trialPlace(facts, settings)}`);
  try {
    const sight = await runTrial(cluster, facts, { settings, image: image.reference, withClaim, signal, say: note });
    const storage = withClaim ? storageCheck(storageOutcome(sight), choice.words) : choice.check;
    return [storage, pullCheck(pullOutcome(sight), { image, settings })];
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NoneFree) return [untried(error.message)];
    const left = settings.given ? `configmap -A -l ${K8S_LABEL.space}=${facts.space}` : `namespace ${facts.space}`;
    const mend = `see what is left: kubectl get ${left}; npx corda-compat sweep removes it`;
    return [{ name: 'trial', state: 'missing', found: messageOf(error), mend }];
  }
}

/** For each question: an address that swallows requests must not hold the doctor. */
const ANSWER_LIMIT_MS = 10_000;
const CONTACT = 'cluster';

export interface Reached {
  readonly cluster: Cluster;
  /** The name of this user in the cluster. */
  readonly user: string;
}

/** The cluster of a run: whether it answers, and its name for this user. @returns `reached` unless it refuses or is silent */
async function contactCheck(address: ClusterAddress): Promise<{ check: Check; reached?: Reached }> {
  let cluster: Cluster;
  try {
    cluster = await clusterAt(address);
  } catch (error) {
    return { check: failed(CONTACT, error, await mendAddress(address)) };
  }
  const where = placeOf(cluster, address);
  try {
    const version = await answer(versionOf(cluster), `the version of ${where}`);
    const user = await answer(userOf(cluster), `the name of this user in ${where}`);
    const found = `${where}: Kubernetes ${version} answers ${user}`;
    return { check: { name: CONTACT, state: 'ok', found }, reached: { cluster, user } };
  } catch (error) {
    const { message } = clusterError(where, error);
    return { check: { name: CONTACT, state: 'missing', found: message, mend: mendContact(cluster, error) } };
  }
}

async function answer<T>(asked: Promise<T>, name: string): Promise<T> {
  return await withLimit(asked, { name, limit: ANSWER_LIMIT_MS });
}

function placeOf({ config }: Cluster, address: ClusterAddress): string {
  return `context ${config.getCurrentContext()} of ${kubeconfigWords(address)} (${config.getCurrentCluster()?.server})`;
}

async function versionOf({ config, client }: Cluster): Promise<string> {
  const api = config.makeApiClient(client.VersionApi);
  return (await asking(() => api.getCode(), undefined, FIRST_CONTACT_MS)).gitVersion;
}

/** Clusters before 1.28 do not answer. Every user may ask, so a refusal says nothing about this user. */
async function userOf({ config, client }: Cluster): Promise<string> {
  const api = config.makeApiClient(client.AuthenticationV1Api);
  try {
    const review = await asking(() => api.createSelfSubjectReview({ body: {} }), undefined, FIRST_CONTACT_MS);
    return review.status?.userInfo?.username ?? 'a user without a name';
  } catch (error) {
    if (codeOf(error) !== 404) throw error;
    return config.getCurrentUser()?.name ?? 'a user without a name';
  }
}

async function mendAddress({ context, ...file }: ClusterAddress): Promise<string> {
  const config = await readKubeconfig(file).catch(() => undefined);
  const names = config?.getContexts().map(({ name }) => name) ?? [];
  if (names.length === 0) return 'set KUBECONFIG to the file of your cluster, then look: kubectl config get-contexts';
  const near = context === undefined ? undefined : nearest(context, names);
  const example = near ?? names[0] ?? '';
  const question = near === undefined ? '' : `did you mean ${near}? `;
  return `${question}export COMPAT_CONTEXT=${example}; all of them: kubectl config get-contexts`;
}

function mendContact({ config }: Cluster, error: unknown): string {
  const context = config.getCurrentContext();
  if (codeOf(error) === 401)
    return `renew the credentials of context ${context}, then: kubectl --context ${context} auth whoami`;
  return `start the cluster or mend the connection to it, then: kubectl --context ${context} version`;
}

const REACH = 'way to drivers';
const FOUND: Readonly<Record<Way, string>> = {
  'port-forward': 'port-forward through the API server',
  'service-proxy':
    'service proxy of the API server, since this user may not forward ports; this machine does not reach ports of nodes',
};

/** The way of the suites on this machine to drivers in the cluster. */
function reachCheck(answers: readonly AnsweredRight[]): Check {
  const way = wayOf(answers);
  if (way !== undefined) return { name: REACH, state: 'ok', found: FOUND[way] };
  return { name: REACH, state: 'missing', found: `none: ${NO_WAY}`, mend: 'see rights above' };
}

/** The namespaces given for cells: whether they exist, and whether they are free. */
async function givenCheck(cluster: Cluster, given: readonly string[]): Promise<Check> {
  const looks = await Promise.all(given.map((namespace) => lookAt(cluster, namespace)));
  const lines = looks.map(({ words }) => words);
  const isFree = looks.some(({ state }) => state === 'free');
  const name = 'namespaces';
  const volumes = 'teardown waits for claims, but does not count their volumes, which the cluster owns';
  const found = [`COMPAT_NAMESPACES names ${given.length}; ${volumes}`, ...lines].join('\n');
  if (looks.some(({ state }) => state === 'failed')) return { name, state: 'missing', found, mend: MEND_ABOVE };
  return { name, state: isFree ? 'ok' : 'warning', found };
}

async function lookAt(
  cluster: Cluster,
  namespace: string,
): Promise<{ state: 'free' | 'held' | 'failed'; words: string }> {
  try {
    if (!(await isHeld(cluster, namespace))) return { state: 'free', words: `${namespace} is free` };
    const hold = await readHold(cluster, namespace);
    return { state: 'held', words: hold ? holderWords(hold) : `${namespace} was given back just now` };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { state: 'failed', words: error.message };
  }
}
