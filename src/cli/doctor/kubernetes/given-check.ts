import { StepError } from '../../../harness/domain/step-error.ts';
import type { Cluster } from '../../../harness/providers/kubernetes/cluster.ts';
import { holderWords, isHeld, readHold } from '../../../harness/providers/kubernetes/hold.ts';
import type { Check } from '../check.ts';

/** Which of the namespaces that cells are to live in are there, and free. */
export async function givenCheck(cluster: Cluster, given: readonly string[]): Promise<Check> {
  const looks = await Promise.all(given.map((namespace) => lookAt(cluster, namespace)));
  const lines = looks.map(({ words }) => words);
  const failed = looks.some(({ state }) => state === 'failed');
  const isFree = looks.some(({ state }) => state === 'free');
  const name = 'namespaces';
  const volumes = 'claims are waited for; their volumes are the cluster’s, and not counted';
  const found = [`COMPAT_NAMESPACES gives ${given.length}; ${volumes}`, ...lines].join('\n');
  if (failed) return { name, state: 'missing', found, mend: 'correct what is named above, then ask again' };
  return { name, state: isFree ? 'ok' : 'warning', found };
}

interface Look {
  readonly state: 'free' | 'held' | 'failed';
  readonly words: string;
}

async function lookAt(cluster: Cluster, namespace: string): Promise<Look> {
  try {
    if (!(await isHeld(cluster, namespace))) return { state: 'free', words: `${namespace} is free` };
    const hold = await readHold(cluster, namespace);
    return { state: 'held', words: hold ? holderWords(hold) : `${namespace} was given back just now` };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { state: 'failed', words: error.message };
  }
}
