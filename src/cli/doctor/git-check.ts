import { shortSha, shownRepository } from '../../harness/domain/git-names.ts';
import type { GitSource } from '../../harness/domain/release.ts';
import { StepError } from '../../harness/domain/step-error.ts';
import type { ReleasesContext } from '../../harness/releases/context.ts';
import { lookUpRef } from '../../harness/releases/git/revision.ts';
import type { Check } from './check.ts';

/** Whether there is a git, whether every repository answers, and what each ref stands for now; nothing is fetched. */
export async function gitChecks(sources: readonly GitSource[], context: ReleasesContext): Promise<Check[]> {
  const repositories = [...new Set(sources.map(({ repository }) => repository))];
  return Promise.all(
    repositories.map((asked) => {
      const own = sources.filter(({ repository }) => repository === asked);
      return repositoryCheck(asked, own, context);
    }),
  );
}

async function repositoryCheck(
  repository: string,
  sources: readonly GitSource[],
  context: ReleasesContext,
): Promise<Check> {
  const seen = await Promise.all(sources.map((source) => look(source, context)));
  const found = [shownRepository(repository), seen.flatMap(({ words }) => words ?? []).join(', ')];
  const check = { name: 'git', found: found.filter(Boolean).join(': ') };
  const wrong = [...new Set(seen.flatMap(({ why }) => why ?? []))];
  if (wrong.length > 0) return { ...check, state: 'missing', tried: wrong, mend: 'correct what is named above' };
  const stale = seen.find((one) => one.stale !== undefined)?.stale;
  if (stale === undefined) return { ...check, state: 'ok' };
  return { ...check, state: 'warning', tried: [`it cannot be reached; this is what an earlier run saw: ${stale}`] };
}

interface Seen {
  readonly words?: string;
  readonly stale?: string;
  readonly why?: string;
}

async function look(source: GitSource, context: ReleasesContext): Promise<Seen> {
  try {
    const { commit, stale } = await lookUpRef(source, context);
    const words = commit === undefined ? source.ref : `${source.ref} is ${shortSha(commit)}`;
    return { words, ...(stale === undefined ? {} : { stale }) };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { why: error.message };
  }
}
