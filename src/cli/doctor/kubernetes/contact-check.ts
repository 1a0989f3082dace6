import { StepError } from '../../../harness/domain/step-error.ts';
import type { ClusterAddress } from '../../../harness/domain/ledger.ts';
import { nearest } from '../../../harness/matrix/nearest.ts';
import { asking, clusterError, codeOf, FIRST_CONTACT_MS } from '../../../harness/providers/kubernetes/api-error.ts';
import { kubeconfigWords, readKubeconfig } from '../../../harness/providers/kubernetes/cluster-address.ts';
import { clusterAt, type Cluster } from '../../../harness/providers/kubernetes/cluster.ts';
import { withLimit } from '../../../harness/support/with-limit.ts';
import type { Check } from '../check.ts';

/** For each question: an address that swallows what is sent to it must not hold the doctor. */
const ANSWER_LIMIT_MS = 10_000;
const NAME = 'cluster';

export interface Contact {
  readonly check: Check;
  /** Absent where nobody answers, or answers nobody like this user. */
  readonly reached?: Reached;
}

export interface Reached {
  readonly cluster: Cluster;
  /** As the cluster knows this user. */
  readonly user: string;
}

/** Which cluster a run would use, whether it answers, and as whom. */
export async function contactCheck(address: ClusterAddress): Promise<Contact> {
  let cluster: Cluster;
  try {
    cluster = await clusterAt(address);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { check: { name: NAME, state: 'missing', found: error.message, mend: await mendAddress(address) } };
  }
  const where = placeOf(cluster, address);
  try {
    const version = await answer(versionOf(cluster), `the version of ${where}`);
    const user = await answer(userOf(cluster), `who this user is for ${where}`);
    const found = `${where}: Kubernetes ${version} answers ${user}`;
    return { check: { name: NAME, state: 'ok', found }, reached: { cluster, user } };
  } catch (error) {
    const { message } = clusterError(where, error);
    return { check: { name: NAME, state: 'missing', found: message, mend: mendContact(cluster, error) } };
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

/** Clusters before 1.28 do not tell; the question is allowed to everybody, so that who is refused is not known. */
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
  return `start the cluster or mend the way to it, then: kubectl --context ${context} version`;
}
