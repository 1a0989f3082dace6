import { readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { blocked } from '../domain/step-error.ts';
import { homeFolder } from './cache-folder.ts';
import { inspectJava, type JavaRoute, type RouteResult } from './java-route.ts';
import type { Environment } from '../domain/environment.ts';
import { variable } from '../domain/environment.ts';

/** `COMPAT_JAVA_8_HOME`, `COMPAT_JAVA_17_HOME`: who sets one means it, so a wrong one is an error. */
export const environmentRoute: JavaRoute = {
  name: 'COMPAT_JAVA_<n>_HOME',
  async look(need, ctx): Promise<RouteResult> {
    const name = `COMPAT_JAVA_${need.major}_HOME` as const;
    const home = variable(ctx.env, name);
    if (!home) return { why: `${name} is not set` };
    const asked = await inspectJava({ home, origin: name }, { ...need, compiler: false }, ctx);
    if ('why' in asked) {
      const advice = `Set it to the home of a Java ${need.major}, or unset it to have one found or fetched.`;
      throw blocked('java', `${name}: ${asked.why}. ${advice}`);
    }
    // A runtime without a compiler is right for nodes; what has to be compiled then finds another one.
    return need.compiler && !asked.found.javac ? { why: `${home} (${name}) has no bin/javac` } : asked;
  },
};

export const installedRoute: JavaRoute = {
  name: 'installed',
  async look(need, ctx): Promise<RouteResult> {
    const homes = await installedHomes(ctx.env);
    const others: string[] = [];
    for (const { home, origin } of homes) {
      const result = await inspectJava({ home, origin }, need, ctx);
      if ('found' in result) return result;
      others.push(result.why);
    }
    return { why: others.length > 0 ? others.join('; ') : 'no Java is installed in the usual places' };
  },
};

interface Home {
  readonly home: string;
  readonly origin: string;
}

/** Java homes in the usual places, each once, links followed. */
export async function installedHomes(env: Environment): Promise<readonly Home[]> {
  const user = homeFolder(env);
  const roots = ['/usr/lib/jvm', join(user, '.sdkman', 'candidates', 'java'), '/opt/java'];
  const mac = ['/Library/Java/JavaVirtualMachines', join(user, 'Library/Java/JavaVirtualMachines')];
  const candidates: Home[] = [
    ...(env['JAVA_HOME'] ? [{ home: env['JAVA_HOME'], origin: 'JAVA_HOME' }] : []),
    ...(await Promise.all(roots.map((root) => homesBelow(root)))).flat(),
    ...(await Promise.all(mac.map((root) => homesBelow(root, 'Contents/Home')))).flat(),
    ...(await homeOnPath(env)),
  ];
  const found = new Map<string, Home>();
  for (const candidate of candidates) {
    const home = await realpath(candidate.home).catch(() => undefined);
    if (home !== undefined && !found.has(home)) found.set(home, { ...candidate, home });
  }
  return [...found.values()];
}

async function homesBelow(root: string, inner = '.'): Promise<readonly Home[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .toSorted()
    .filter((name) => !name.startsWith('.'))
    .map((name) => ({ home: join(root, name, inner), origin: join(root, name) }));
}

async function homeOnPath(env: Environment): Promise<readonly Home[]> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const java = folder && (await realpath(join(folder, 'java')).catch(() => undefined));
    // macOS has a stub in /usr/bin that belongs to no home.
    if (java && dirname(java).endsWith('bin'))
      return [{ home: dirname(dirname(java)), origin: `java of PATH (${java})` }];
  }
  return [];
}
