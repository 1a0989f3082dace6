import type { Cell } from '../config/cell.ts';
import { type JavaMajor, platformFactsOf } from '../corda/facts.ts';
import type { Release } from '../config/release.ts';
import type { ReleasesContext } from '../releases/context.ts';
import { findJava } from '../releases/java.ts';
import { nodeKit } from '../releases/kit.ts';
import { resolveRelease } from '../releases/resolve.ts';
import { buildTools } from '../releases/tools.ts';
import { once } from '../support/once.ts';
import type { ToolParts } from './parts.ts';
import type { JavaRuntime, NodeKit, ResolvedRelease } from '../releases/artefacts.ts';

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
    tools: (resolved) => once(compiled, resolved.node.sha256, () => compile(resolved)),
  };
}

function majorsOf({ releases }: Cell): ReadonlySet<JavaMajor> {
  const majors = releases.map(({ java, source }) => {
    return java ?? (source.kind === 'maven' ? platformFactsOf(source.version)?.java : undefined);
  });
  return new Set(majors.filter((major) => major !== undefined));
}
