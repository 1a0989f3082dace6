import { execa } from 'execa';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JavaMajor } from '../domain/platform-facts.ts';
import type { JavaRuntime } from '../domain/release.ts';
import type { ReleasesContext } from './context.ts';

export interface JavaNeed {
  readonly major: JavaMajor;
  /** Whether `javac` is needed as well. */
  readonly compiler: boolean;
}

/** What a route to a Java runtime came to. */
export type RouteResult = { readonly found: JavaRuntime } | { readonly why: string };

/** One way of coming by a Java runtime. */
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

/** Whether a folder is the home of a Java that serves the need: by running it, since a file can say anything. */
export async function inspectJava(
  { home, origin }: { readonly home: string; readonly origin: string },
  { major, compiler }: JavaNeed,
  { signal }: ReleasesContext,
): Promise<RouteResult> {
  const java = join(home, 'bin', 'java');
  const announced = await announcedVersion(home);
  // Saves the start of every JVM on a machine with many.
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
