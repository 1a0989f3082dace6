import type { V1StorageClass } from '@kubernetes/client-node';
import type { Check } from '../check.ts';
import type { Outcome } from './trial.ts';
import { nearest } from '../../../harness/support/nearest.ts';
import { asking, FIRST_CONTACT_MS, type Cluster } from '../../../harness/providers/kubernetes/cluster.ts';
import { sweepCluster } from '../../../harness/cleanup/sweep-containers.ts';
import { StepError } from '../../../harness/support/step-error.ts';
import type { KubernetesSettings } from '../../../harness/providers/kubernetes/kubernetes-provider.ts';

const STORAGE = 'storage class';

/** Whether a claim of 1 MiB got a volume. */
export function storageCheck(outcome: Outcome, words: string): Check {
  if (outcome.kind === 'well') return { name: STORAGE, state: 'ok', found: `${words}: made a volume of 1 MiB` };
  const found = `${words}: a claim of 1 MiB got no volume`;
  const other = 'name another class: kubectl get storageclass; export COMPAT_STORAGE_CLASS=…';
  const mend = `look at the provisioner of that class, or ${other}`;
  return { name: STORAGE, state: 'missing', found, tried: [outcome.words], mend };
}

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

/** The storage class of the nodes' volumes, or the reason why there is none. */
export type ClassChoice =
  { readonly kind: 'class'; readonly words: string } | { readonly kind: 'none'; readonly check: Check };

/** @param named value of COMPAT_STORAGE_CLASS @param mayList whether this user may list the classes */
export async function chooseClass(
  { config, client }: Cluster,
  { named, mayList }: { readonly named: string | undefined; readonly mayList: boolean },
): Promise<ClassChoice> {
  const unlisted = `${named ?? 'the default class'} (this user may not list the classes)`;
  if (!mayList) return { kind: 'class', words: unlisted };
  const api = config.makeApiClient(client.StorageV1Api);
  return chosenOf((await asking(() => api.listStorageClass(), undefined, FIRST_CONTACT_MS)).items, named);
}

export function chosenOf(items: readonly V1StorageClass[], named: string | undefined): ClassChoice {
  const wanted = items.find((each) => (named === undefined ? isDefault(each) : each.metadata?.name === named));
  if (!wanted) return { kind: 'none', check: noClass(items, named) };
  const how = named === undefined ? 'the default' : 'COMPAT_STORAGE_CLASS';
  const words = `${wanted.metadata?.name} (${how}; ${wanted.provisioner}, ${wanted.volumeBindingMode ?? 'Immediate'})`;
  return { kind: 'class', words };
}

function isDefault({ metadata }: V1StorageClass): boolean {
  return metadata?.annotations?.[DEFAULT] === 'true';
}

function noClass(items: readonly V1StorageClass[], named: string | undefined): Check {
  const names = items.map(({ metadata }) => metadata?.name ?? '');
  const there = names.length === 0 ? 'the cluster has none' : `there are: ${names.join(', ')}`;
  const first = (named === undefined ? undefined : nearest(named, names)) ?? names[0];
  const install = 'let an administrator install a storage provisioner and make a storage class';
  const mend = first === undefined ? install : `export COMPAT_STORAGE_CLASS=${first}`;
  const none = 'no storage class is the default, and COMPAT_STORAGE_CLASS names none';
  const found = named === undefined ? none : `there is no storage class ${named} (COMPAT_STORAGE_CLASS)`;
  return { name: STORAGE, state: 'missing', found: `${found}; ${there}`, mend };
}

const LEFTOVERS = 'left in cluster';

/** Counts the namespaces that dead runs have left, and the networks in given ones. Removes nothing. */
export async function leftoversCheck(cluster: Cluster, given?: readonly string[]): Promise<Check> {
  try {
    const items = await sweepCluster(cluster, { dryRun: true, given });
    const dead = items.filter(({ state }) => state === 'would-remove');
    const others = items.filter(({ state }) => state === 'elsewhere' || state === 'unknown');
    const told = [...dead, ...others].map(({ path, detail }) => `${path}: ${detail}`);
    const what = given ? 'networks' : 'namespaces';
    const found = `${dead.length} ${what} of dead runs, ${items.length - dead.length} of other runs`;
    if (told.length === 0) return { name: LEFTOVERS, state: 'ok', found };
    const state = dead.length > 0 ? 'warning' : 'ok';
    return { name: LEFTOVERS, state, found, tried: told, mend: 'npx corda-compat sweep' };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { name: LEFTOVERS, state: 'warning', found: error.message };
  }
}

const PULL = 'regsecret';

/** An image for a trial pull. */
export interface TrialImage {
  readonly reference: string;
  /** Whether the registry has it. */
  readonly isThere: boolean;
}

/** Whether the cluster gets images from the registry, with the secret that a run makes of this user's credentials. */
export function pullCheck(
  outcome: Outcome,
  { image, settings }: { readonly image: TrialImage; readonly settings: KubernetesSettings },
): Check {
  const secret = secretWords(settings);
  const host = image.reference.split('/')[0] ?? '';
  if (outcome.kind === 'well')
    return { name: PULL, state: 'ok', found: `${secret}; the cluster pulled ${image.reference}` };
  if (outcome.kind === 'open') {
    const mend = 'look at the nodes of the cluster: kubectl describe nodes';
    return { name: PULL, state: 'warning', found: `${secret}; no pull was seen: ${outcome.words}`, mend };
  }
  const meaning = meaningOf(outcome.words, { host, user: settings.login?.username });
  if (meaning.kind === 'absent' && !image.isThere) {
    const found = `${secret}; the registry answers the cluster, but has no image of this project to pull yet`;
    const mend = 'npx corda-compat build healthcheck, then run the doctor again';
    return { name: PULL, state: 'ok', found, tried: [outcome.words], mend };
  }
  const { why, mend } = meaning;
  return { name: PULL, state: 'missing', found: `${secret}; ${why}`, tried: [outcome.words], mend };
}

function secretWords({ login }: KubernetesSettings): string {
  if (!login) return 'no pull secret: neither COMPAT_REGISTRY_USER nor docker login gives credentials';
  return `regsecret is made in each namespace for ${login.username || 'a token'} at ${login.host}`;
}

interface Meaning {
  readonly kind: 'credentials' | 'absent' | 'unreachable' | 'other';
  readonly why: string;
  readonly mend: string;
}

/** The texts of containerd, of CRI-O and of registries. First match wins. */
function meaningOf(words: string, { host, user }: { host: string; user: string | undefined }): Meaning {
  if (/\b40[13]\b|unauthori[sz]ed|authentication required|access.* denied|no basic auth|forbidden/i.test(words)) {
    const who = user === undefined ? 'users without a password' : `${user} with this password`;
    const mend = 'set COMPAT_REGISTRY_USER and COMPAT_REGISTRY_PASSWORD to a user who may pull, or docker login';
    return { kind: 'credentials', why: `the registry ${host} refuses pulls by ${who} (401 or 403)`, mend };
  }
  if (/not found|manifest unknown|name unknown|\b404\b/i.test(words) && !/no such host|host not found/i.test(words)) {
    const mend = 'npx corda-compat build healthcheck, then run the doctor again';
    return { kind: 'absent', why: `the registry ${host} no longer has the image (404)`, mend };
  }
  if (/refused|no such host|timeout|timed out|unreachable|no route|EOF|reset by peer|deadline/i.test(words)) {
    const mend = `set COMPAT_REGISTRY (now ${host}) to an address that the cluster's nodes reach, not only this machine`;
    return { kind: 'unreachable', why: `the cluster does not reach the registry ${host}`, mend };
  }
  if (/HTTP response to HTTPS|certificate|x509|tls/i.test(words)) {
    const mend = `give the registry a certificate that the nodes trust, or list ${host} as a registry without TLS in their container runtime`;
    return { kind: 'unreachable', why: `the cluster's nodes do not trust the registry ${host}`, mend };
  }
  return { kind: 'other', why: `the cluster could not pull from ${host}`, mend: 'correct the faults above' };
}
