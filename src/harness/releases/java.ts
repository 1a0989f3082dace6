import type { JavaMajor } from '../corda/facts.ts';
import type { JavaRuntime } from './artefacts.ts';
import { blocked } from '../support/step-error.ts';
import type { ReleasesContext } from './context.ts';
import { once } from '../support/once.ts';
import { adoptiumRoute, debianRoute } from './java-downloads.ts';
import { environmentRoute, installedRoute, type JavaNeed, type JavaRoute, type RouteResult } from './java-route.ts';
import { messageOf } from '../support/words.ts';

/** In the order of the tries. */
const ROUTES: readonly JavaRoute[] = [environmentRoute, installedRoute, adoptiumRoute, debianRoute];

/** The result of a route, for people: one of `found` and `why`. */
export interface JavaExplanation {
  readonly route: string;
  readonly found?: JavaRuntime;
  readonly why?: string;
}

/**
 * A Java runtime for nodes, with a compiler if asked for: set, installed, cached, or fetched into the cache.
 *
 * @throws StepError blocked naming every route and why it failed
 */
export async function findJava(need: JavaNeed, ctx: ReleasesContext, routes = ROUTES): Promise<JavaRuntime> {
  const key = `${need.major}${need.compiler ? ' compiler' : ''}`;
  return once(ctx.known.runtimes, key, () => search(need, ctx, routes));
}

/** The result of each route on this machine, in their order. Downloads nothing; names what a run would download. */
export async function explainJava(major: JavaMajor, ctx: ReleasesContext): Promise<readonly JavaExplanation[]> {
  const need = { major, compiler: true };
  return Promise.all(
    ROUTES.map(async (route) => {
      const failed = ctx.known.javaFailures.get(failureKey(need, route));
      const result = await route.look(need, ctx).catch((error: unknown) => ({ why: messageOf(error) }));
      if ('why' in result && failed !== undefined) return { route: route.name, why: failed };
      return { route: route.name, ...result };
    }),
  );
}

/** A run looks at this machine before it fetches anything. */
async function search(need: JavaNeed, ctx: ReleasesContext, routes: readonly JavaRoute[]): Promise<JavaRuntime> {
  for (const route of routes) {
    const result = await route.look(need, ctx);
    if ('found' in result) return result.found;
    ctx.known.javaFailures.set(failureKey(need, route), result.why);
  }
  for (const route of routes) {
    if (!route.fetch) continue;
    const result = await fetchBy(route, need, ctx);
    if ('found' in result) return result.found;
    ctx.known.javaFailures.set(failureKey(need, route), result.why);
    ctx.progress.say(`Java ${need.major} not from ${route.name}: ${result.why}`);
  }
  throw blocked('java', explain(need, ctx, routes));
}

/** After the failure of one route comes the next one; only an abort ends the search. */
async function fetchBy(route: JavaRoute, need: JavaNeed, ctx: ReleasesContext): Promise<RouteResult> {
  try {
    return (await route.fetch?.(need, ctx)) ?? { why: 'fetches nothing' };
  } catch (error) {
    ctx.signal.throwIfAborted();
    return { why: messageOf(error) };
  }
}

function explain(need: JavaNeed, ctx: ReleasesContext, routes: readonly JavaRoute[]): string {
  const what = `Java ${need.major}${need.compiler ? ' with javac' : ''}`;
  const reasons = routes.map((route) => `${route.name}: ${ctx.known.javaFailures.get(failureKey(need, route)) ?? '?'}`);
  const advice = `Install one, or set COMPAT_JAVA_${need.major}_HOME to the home of a JDK ${need.major}.`;
  return `${what} was not found and could not be fetched. ${reasons.join('. ')}. ${advice}`;
}

function failureKey({ major }: JavaNeed, route: JavaRoute): string {
  return `${major} ${route.name}`;
}
