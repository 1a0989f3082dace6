import { access, constants, readFile, readdir, realpath } from 'node:fs/promises';
import { join, delimiter, dirname } from 'node:path';
import { execa } from 'execa';
import type { JavaMajor } from '../corda/facts.ts';
import type { JavaRuntime } from './artefacts.ts';
import type { ReleasesContext } from './context.ts';
import { blocked } from '../support/step-error.ts';
import { homeFolder } from './cache-folder.ts';
import { type Environment, variable } from '../config/variables.ts';

export interface JavaNeed {
  readonly major: JavaMajor;
  /** Whether `javac` is needed as well. */
  readonly compiler: boolean;
}

/** The result of a route to a Java runtime. */
export type RouteResult = { readonly found: JavaRuntime } | { readonly why: string };

/** One way to find or fetch a Java runtime. */
export interface JavaRoute {
  readonly name: string;
  /** Looks on this machine only; downloads nothing. */
  look(need: JavaNeed, ctx: ReleasesContext): Promise<RouteResult>;
  /** Fetches one, where the route can. */
  fetch?(need: JavaNeed, ctx: ReleasesContext): Promise<RouteResult>;
}

/** Oldest update of Java 8 that 4.x capsules accept (`Min-Update-Version: 1.8=171` of their manifests). */
const OLDEST_UPDATE_OF_8 = 171;
const CHECK_LIMIT_MS = 30_000;

/** Whether a folder is the home of a suitable Java, found by running it, since a file can claim anything. */
export async function inspectJava(
  { home, origin }: { readonly home: string; readonly origin: string },
  { major, compiler }: JavaNeed,
  { signal }: ReleasesContext,
): Promise<RouteResult> {
  const java = join(home, 'bin', 'java');
  const announced = await announcedVersion(home);
  // Speeds up the start of every JVM on a machine with many.
  if (announced !== undefined && majorOf(announced) !== major) return { why: `${home} is Java ${announced}` };
  if (!(await isExecutable(java))) return { why: `${home} has no bin/java` };
  const version = await versionOf(java, signal);
  if ('why' in version) return version;
  if (majorOf(version.found) !== major) return { why: `${home} is Java ${version.found}` };
  if (isTooOld(version.found)) {
    return { why: `${home} is Java ${version.found}; Corda needs update ${OLDEST_UPDATE_OF_8} or newer` };
  }
  const javac = join(home, 'bin', 'javac');
  const hasCompiler = await isExecutable(javac);
  if (compiler && !hasCompiler) return { why: `${home} is Java ${version.found} without bin/javac` };
  return { found: { major, version: version.found, home, java, origin, ...(hasCompiler ? { javac } : {}) } };
}

/** 8 of `1.8.0_504`, 17 of `17.0.15` and `17-ea`. */
export function majorOf(version: string): number {
  return Number(/^(?:1\.)?(\d+)/.exec(version)?.[1] ?? NaN);
}

/** The `java.version` that `java -version` prints. */
export function parseJavaVersion(printed: string): string | undefined {
  return /version "([^"]+)"/.exec(printed)?.[1];
}

function isTooOld(version: string): boolean {
  const update = /^1\.8\.0_(\d+)/.exec(version)?.[1];
  return update !== undefined && Number(update) < OLDEST_UPDATE_OF_8;
}

async function versionOf(java: string, signal: AbortSignal): Promise<{ found: string } | { why: string }> {
  const result = await execa(java, ['-version'], {
    reject: false,
    timeout: CHECK_LIMIT_MS,
    cancelSignal: signal,
    // Options from outside would be printed, or keep it from starting.
    env: { JAVA_TOOL_OPTIONS: undefined, _JAVA_OPTIONS: undefined, JDK_JAVA_OPTIONS: undefined },
  });
  signal.throwIfAborted();
  const version = parseJavaVersion(result.stderr);
  if (version !== undefined && result.exitCode === 0) return { found: version };
  const words = (result.stderr.trim() || (result.shortMessage ?? '')).split('\n').slice(0, 2).join(' ');
  return { why: `${java} -version fails: ${words || 'it prints no version'}` };
}

/** `JAVA_VERSION` of the `release` file that most distributions put into a Java home. */
async function announcedVersion(home: string): Promise<string | undefined> {
  const text = await readFile(join(home, 'release'), 'utf8').catch(() => '');
  return /^JAVA_VERSION="?([^"\n]+)"?$/m.exec(text)?.[1];
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** `COMPAT_JAVA_8_HOME`, `COMPAT_JAVA_17_HOME`: the user who sets one means it, so a wrong one is an error. */
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
    // A runtime without a compiler is right for nodes; code that compiles finds another one.
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
