import type { KubernetesSettings } from '../../../harness/providers/kubernetes/settings.ts';
import type { Check } from '../check.ts';
import type { Outcome } from './trial-outcome.ts';

const NAME = 'regsecret';

/** An image to try a pull with. */
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
    return { name: NAME, state: 'ok', found: `${secret}; the cluster pulled ${image.reference}` };
  if (outcome.kind === 'open') {
    const mend = 'look at the nodes of the cluster: kubectl describe nodes';
    return { name: NAME, state: 'warning', found: `${secret}; no pull was seen: ${outcome.words}`, mend };
  }
  const meaning = meaningOf(outcome.words, { host, user: settings.login?.username });
  if (meaning.kind === 'absent' && !image.isThere) {
    const found = `${secret}; the registry answers the cluster, and has no image of ours yet to try a pull with`;
    const mend = 'npx corda-compat build healthcheck, then ask again';
    return { name: NAME, state: 'ok', found, tried: [outcome.words], mend };
  }
  const { why, mend } = meaning;
  return { name: NAME, state: 'missing', found: `${secret}; ${why}`, tried: [outcome.words], mend };
}

function secretWords({ login }: KubernetesSettings): string {
  if (!login) return 'no pull secret: there are neither COMPAT_REGISTRY_USER nor credentials of docker login';
  return `regsecret is made in each namespace for ${login.username || 'a token'} at ${login.host}`;
}

interface Meaning {
  readonly kind: 'credentials' | 'absent' | 'unreachable' | 'other';
  readonly why: string;
  readonly mend: string;
}

/** In the words of containerd, of CRI-O and of registries. First match wins. */
function meaningOf(
  words: string,
  { host, user }: { readonly host: string; readonly user: string | undefined },
): Meaning {
  if (/\b40[13]\b|unauthori[sz]ed|authentication required|access.* denied|no basic auth|forbidden/i.test(words)) {
    const who = user === undefined ? 'nobody without a password' : `${user} with this password`;
    const mend = 'set COMPAT_REGISTRY_USER and COMPAT_REGISTRY_PASSWORD to a user who may pull, or docker login';
    return { kind: 'credentials', why: `the registry ${host} lets ${who} pull nothing (401 or 403)`, mend };
  }
  if (/not found|manifest unknown|name unknown|\b404\b/i.test(words) && !/no such host|host not found/i.test(words)) {
    const mend = 'npx corda-compat build healthcheck, then ask again';
    return { kind: 'absent', why: `the registry ${host} does not have the image any more (404)`, mend };
  }
  if (/refused|no such host|timeout|timed out|unreachable|no route|EOF|reset by peer|deadline/i.test(words)) {
    const mend = `name the registry by an address that the cluster's nodes reach, not only this machine: COMPAT_REGISTRY (now ${host})`;
    return { kind: 'unreachable', why: `the cluster does not reach the registry ${host}`, mend };
  }
  if (/HTTP response to HTTPS|certificate|x509|tls/i.test(words)) {
    const mend = `give the registry a certificate that the nodes trust, or let their container runtime know ${host} as one without TLS`;
    return { kind: 'unreachable', why: `the cluster's nodes do not trust the registry ${host}`, mend };
  }
  return { kind: 'other', why: `the cluster could not pull from ${host}`, mend: 'correct what is named above' };
}
