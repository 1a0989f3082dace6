import type { Cell } from '../config/cell.ts';
import { type JavaMajor, platformFactsOf } from '../corda/facts.ts';
import type { Release } from '../config/release.ts';
import type { ReleasesContext } from '../releases/context.ts';
import { findJava } from '../releases/java.ts';
import { nodeKit } from '../releases/kit.ts';
import { resolveRelease } from '../releases/resolve.ts';
import { buildTools } from '../releases/tools.ts';
import type { ToolParts } from './parts.ts';
import { missingClasses } from '../inspect/class-path.ts';
import { inspect } from '../inspect/rules.ts';
import type { InspectedWith } from '../inspect/verdict.ts';
import { once } from '../support/once.ts';
import type { CordappArtefact, JavaRuntime, NodeKit, ResolvedRelease } from '../releases/artefacts.ts';

/** Limit of one javac run, in milliseconds. */
const COMPILE_MS = 180_000;

/** Shared work of a run's cells: each thing is fetched, unpacked and compiled at most once. */
export interface RunResources {
  readonly releases: ReleasesContext;
  resolve(release: Release): Promise<ResolvedRelease>;
  java(major: JavaMajor): Promise<JavaRuntime>;
  /** Begins to look for a cell's Java while its jars are still on their way; failures are told by `java`. */
  prefetchJava(cell: Cell): void;
  kit(resolved: ResolvedRelease): Promise<NodeKit>;
  tools(resolved: ResolvedRelease): Promise<ToolParts>;
  /** Reads its CorDapps. @param registers whether its nodes register with a doorman */
  inspect(resolved: ResolvedRelease, registers: boolean): Promise<InspectedWith>;
}

export function createRunResources(releases: ReleasesContext): RunResources {
  const { cache, progress, signal } = releases;
  const compiled = new Map<string, Promise<ToolParts>>();

  // By the Java that is proven with the release, whatever the matrix wants its nodes to run on: the same class library as
  // the nodes', and other cells with the same jar share it.
  const compile = async (resolved: ResolvedRelease): Promise<ToolParts> => {
    const [kit, jdk] = await Promise.all([
      nodeKit(resolved, releases),
      findJava({ major: resolved.facts.java, compiler: true }, releases),
    ]);
    const tools = await buildTools({ kit, jdk, cache, progress, limit: COMPILE_MS, signal });
    return { tools, kit, runtime: jdk };
  };

  const inspected = new Map<string, Promise<InspectedWith>>();
  const inspectNow = async (resolved: ResolvedRelease, registers: boolean): Promise<InspectedWith> => {
    const { release, facts, java: major, cordapps } = resolved;
    const lacks = async (classes: ReadonlySet<string>) =>
      missingClasses(classes, (await nodeKit(resolved, releases)).classPath);
    const jars = cordapps.map((cordapp) => ({ ...cordapp, what: cordappWords(cordapp) }));
    const subject = { id: release.id, facts, java: major, cordapps: jars, registers, lacks };
    return { release: subject, findings: await inspect(subject) };
  };

  // One runtime with a compiler serves nodes as well, so that no machine fetches two.
  const java = (major: JavaMajor) => findJava({ major, compiler: true }, releases);
  return {
    releases,
    resolve: (release) => resolveRelease(release, releases),
    java,
    prefetchJava: (cell) => {
      for (const major of majorsOf(cell)) java(major).catch(() => undefined);
    },
    kit: (resolved) => nodeKit(resolved, releases),
    inspect: (resolved, registers) => {
      const key = JSON.stringify([resolved.release, registers]);
      return once(inspected, key, () => inspectNow(resolved, registers));
    },
    tools: (resolved) => once(compiled, resolved.node.sha256, () => compile(resolved)),
  };
}

/** A file as the matrix names it, an artefact of a repository by the name of its file. */
function cordappWords({ name, origin }: CordappArtefact): string {
  return origin.endsWith('.jar') ? origin : name;
}

function majorsOf({ releases }: Cell): ReadonlySet<JavaMajor> {
  const majors = releases.map(({ java, source }) => {
    return java ?? (source.kind === 'maven' ? platformFactsOf(source.version)?.java : undefined);
  });
  return new Set(majors.filter((major) => major !== undefined));
}
