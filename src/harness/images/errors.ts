import { saidByEngine } from '../docker/engine-failure.ts';
import { blocked, type StepError } from '../support/step-error.ts';

/** The meaning of a registry's refusal, by the engine's message. First match wins. */
const REFUSALS: readonly { readonly words: RegExp; readonly meaning: string; readonly advice: string }[] = [
  {
    words: /unauthorized|no basic auth|authentication required|\b401\b/i,
    meaning: 'does not accept the user or the password (401)',
    advice: 'Set COMPAT_REGISTRY_USER and COMPAT_REGISTRY_PASSWORD, or run docker login',
  },
  {
    words: /denied|forbidden|\b403\b/i,
    meaning: 'does not let this user push there (403)',
    advice: 'Ask for the right to push, or set COMPAT_REGISTRY to a path that this user owns',
  },
  {
    words: /too large|\b413\b/i,
    meaning: 'or a proxy before it refuses layers of this size (413)',
    advice: 'Raise its limit of a request’s body (nginx: client_max_body_size 0)',
  },
  {
    words: /no space left|quota|\b507\b/i,
    meaning: 'has no room left',
    advice: 'Make room there, or set COMPAT_REGISTRY to another registry',
  },
  {
    words:
      /refused|reset|EOF|timeout|no such host|no route|unreachable|broken pipe|closed network connection|server misbehaving|TLS|certificate|HTTP response to HTTPS/i,
    meaning: 'cannot be reached by the engine, or broke off',
    advice:
      'Check COMPAT_REGISTRY and the network; a registry without TLS must be among the engine’s insecure-registries',
  },
];

/** A registry that refuses or breaks off. */
export function registryFailure(what: string, registry: string, error: unknown): StepError {
  const said = saidByEngine(error).replaceAll(/\s+/g, ' ').slice(0, 400);
  const found = REFUSALS.find(({ words }) => words.test(said));
  const { meaning, advice } = found ?? { meaning: 'failed', advice: 'Look into its log' };
  return blocked('build', `${what}: the registry ${registry} ${meaning}: ${said}. ${advice}.`, { cause: error });
}
