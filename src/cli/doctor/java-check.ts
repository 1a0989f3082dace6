import type { JavaMajor } from '../../harness/domain/platform-facts.ts';
import type { ReleasesContext } from '../../harness/releases/context.ts';
import { debianMirror } from '../../harness/releases/debian-mirror.ts';
import { HttpError, request } from '../../harness/releases/http.ts';
import { explainJava } from '../../harness/releases/java.ts';
import { messageOf } from '../../harness/support/words.ts';
import type { Check } from './check.ts';
import { variableOr } from '../../harness/domain/environment.ts';

const LIMIT_MS = 10_000;

/** Which Java of this version a run would use, why the other ways lead nowhere, and whether one could be fetched. */
export async function javaCheck(major: JavaMajor, context: ReleasesContext): Promise<Check> {
  const name = `java ${major}`;
  const explanations = await explainJava(major, context);
  const found = explanations.find((explanation) => explanation.found)?.found;
  const tried = explanations.flatMap(({ route, why }) => (why === undefined ? [] : [`${route}: ${why}`]));
  if (found) return { name, state: 'ok', found: `${found.version} in ${found.home} (${found.origin})`, tried };
  const mend = `to use one of your own: export COMPAT_JAVA_${major}_HOME=/path/to/jdk-${major}`;
  const sources = await Promise.all(sourcesOf(context).map((source) => answers(source, context)));
  const reachable = sources.filter(({ why }) => why === undefined).map((source) => source.name);
  const all = [
    ...tried,
    ...sources.flatMap(({ name: source, why }) => (why === undefined ? [] : [`${source}: ${why}`])),
  ];
  if (reachable.length === 0) {
    return { name, state: 'missing', found: 'none here, and none can be fetched', tried: all, mend };
  }
  return {
    name,
    state: 'warning',
    found: `none here; a run fetches one from ${reachable.join(' or ')}`,
    tried: all,
    mend,
  };
}

interface Source {
  readonly name: string;
  readonly url: () => Promise<string>;
}

function sourcesOf({ env }: ReleasesContext): readonly Source[] {
  const adoptium = variableOr(env, 'COMPAT_ADOPTIUM_API').replace(/\/+$/, '');
  const all: readonly Source[] = [
    { name: 'Adoptium', url: () => Promise.resolve(`${adoptium}/v3/info/available_releases`) },
    { name: 'Debian packages', url: async () => `${(await debianMirror(env)).url}/dists/sid/InRelease` },
  ];
  return process.platform === 'linux' ? all : all.slice(0, 1);
}

/** Any answer of the server will do, even "not found". */
async function answers({ name, url }: Source, { signal }: ReleasesContext): Promise<{ name: string; why?: string }> {
  try {
    const answer = await request({ url: await url(), signal, limit: LIMIT_MS });
    await answer.body?.cancel();
    return { name };
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof HttpError ? { name } : { name, why: messageOf(error) };
  }
}
