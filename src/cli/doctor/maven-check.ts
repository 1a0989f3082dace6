import { join } from 'node:path';
import type { ReleasesContext } from '../../harness/releases/context.ts';
import { request } from '../../harness/releases/http.ts';
import { mavenRepository } from '../../harness/releases/maven-repository.ts';
import { exists } from '../../harness/support/files.ts';
import { messageOf } from '../../harness/support/words.ts';
import type { Check } from './check.ts';

const LIMIT_MS = 10_000;
const MEND =
  'check the network and its proxy, or name a repository that is reachable with COMPAT_MAVEN_REPOSITORY or a mirror in ~/.m2/settings.xml';

/** Whether the repository that a run would fetch from answers for Corda. */
export async function mavenCheck(context: ReleasesContext): Promise<Check> {
  try {
    const repository = await mavenRepository(context);
    const url = `${repository.url}/net/corda/corda/maven-metadata.xml`;
    const found = `${repository.url} (${repository.from})`;
    try {
      const answer = await request({ url, headers: repository.headers, signal: context.signal, limit: LIMIT_MS });
      await answer.body?.cancel();
      return { name: 'maven', state: 'ok', found: `${found} answers` };
    } catch (error) {
      context.signal.throwIfAborted();
      const state = (await exists(join(context.cache.folder, 'objects'))) ? 'warning' : 'missing';
      const warm = state === 'warning' ? '; a run can use only what the cache holds' : '';
      return { name: 'maven', state, found: `${found} does not answer${warm}`, tried: [messageOf(error)], mend: MEND };
    }
  } catch (error) {
    context.signal.throwIfAborted();
    return { name: 'maven', state: 'missing', found: 'no repository', tried: [messageOf(error)], mend: MEND };
  }
}
