import type { JvmTools } from '../../src/harness/releases/jvm-tools.ts';
import type { Release } from '../../src/harness/config/release.ts';
import { createReleasesContext, type ReleasesContext } from '../../src/harness/releases/context.ts';
import { findJava } from '../../src/harness/releases/java.ts';
import { nodeKit } from '../../src/harness/releases/kit.ts';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { buildTools } from '../../src/harness/releases/tools.ts';
import { SILENT } from '../../src/harness/support/progress.ts';
import type { JavaRuntime, NodeKit } from '../../src/harness/releases/artefacts.ts';

/** Real jars of Maven Central, unpacked, the tools compiled against them, and a real Java: from the user's own cache. */
export interface JvmRig {
  readonly ctx: ReleasesContext;
  readonly jdk: JavaRuntime;
  kit(version: string): NodeKit;
  tools(version: string): JvmTools;
}

/** Milliseconds for each JVM that a rig starts. */
export const JVM_LIMIT_MS = 120_000;

export async function jvmRig(versions: readonly string[], signal: AbortSignal): Promise<JvmRig> {
  const ctx = await createReleasesContext({ env: process.env, progress: SILENT, signal });
  const jdk = await findJava({ major: 8, compiler: true }, ctx);
  const kits = new Map<string, NodeKit>();
  const tools = new Map<string, JvmTools>();
  for (const version of versions) {
    const release: Release = { id: version, source: { kind: 'maven', version }, cordapps: [], jvmArgs: [] };
    const kit = await nodeKit(await resolveRelease(release, ctx), ctx);
    kits.set(version, kit);
    const { cache, progress } = ctx;
    tools.set(version, await buildTools({ kit, jdk, cache, progress, limit: JVM_LIMIT_MS, signal }));
  }
  return { ctx, jdk, kit: (version) => of(kits, version), tools: (version) => of(tools, version) };
}

function of<T>(map: ReadonlyMap<string, T>, version: string): T {
  const found = map.get(version);
  if (!found) throw new Error(`this rig was not made for ${version}`);
  return found;
}
