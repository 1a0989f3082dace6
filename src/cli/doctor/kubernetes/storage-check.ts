import type { Check } from '../check.ts';
import type { Outcome } from './trial-outcome.ts';

const NAME = 'storage class';

/** Whether a claim of 1 MiB got a volume. */
export function storageCheck(outcome: Outcome, words: string): Check {
  if (outcome.kind === 'well') return { name: NAME, state: 'ok', found: `${words}: made a volume of 1 MiB` };
  const found = `${words}: a claim of 1 MiB got no volume`;
  const mend =
    'look at the provisioner of that class, or name another class: kubectl get storageclass; export COMPAT_STORAGE_CLASS=…';
  return { name: NAME, state: 'missing', found, tried: [outcome.words], mend };
}
