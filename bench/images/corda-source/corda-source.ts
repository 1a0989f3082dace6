import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadArtefact } from '../../../src/harness/releases/maven.ts';
import type { ReleasesContext } from '../../../src/harness/releases/context.ts';
import { withJar } from '../../../src/harness/support/jar.ts';

/** Corda 4.8 is written in this Kotlin. */
const KOTLIN = '1.2.71';
const COMPILER = ['kotlin-compiler-embeddable', 'kotlin-stdlib', 'kotlin-reflect', 'kotlin-script-runtime'];
const PLUGINS = ['kotlin-allopen', 'kotlin-noarg'];
/** Named in compile.sh, in the order in which they need each other. */
const MODULES = ['corda-core', 'corda-finance-contracts', 'corda-finance-workflows'];
const SCRIPT = 'compile.sh';

/** A build that does real work. */
export interface CordaSource {
  /** By path in the repository. */
  readonly files: Readonly<Record<string, string>>;
  /** Compiles them; jars come to lie in build/apps. */
  readonly command: string;
}

/**
 * Corda's own sources, which are published beside its jars, and what compiles them: into the user's cache, so that neither
 * way has to fetch anything. `lib` has the node's jars.
 */
export async function cordaSource(version: string, lib: string, ctx: ReleasesContext): Promise<CordaSource> {
  const fetched = async (coordinate: string) => (await downloadArtefact(coordinate, ctx)).file;
  const kotlin = (names: readonly string[]) =>
    Promise.all(names.map((name) => fetched(`org.jetbrains.kotlin:${name}:${KOTLIN}`)));
  const sources = MODULES.map(async (name) => sourcesIn(name, await fetched(`net.corda:${name}:${version}:sources`)));
  const files = Object.fromEntries((await Promise.all(sources)).flat());
  const args = [lib, (await kotlin(COMPILER)).join(':'), ...(await kotlin(PLUGINS))];
  return {
    files: { ...files, [SCRIPT]: await readFile(join(import.meta.dirname, SCRIPT), 'utf8') },
    command: `sh ${SCRIPT} ${args.map((arg) => `'${arg}'`).join(' ')}`,
  };
}

/** All but the manifest of a jar, below a folder of the module's name. */
async function sourcesIn(module: string, file: string): Promise<readonly (readonly [string, string])[]> {
  return withJar(file, async (jar) => {
    const names = jar.names.filter((name) => name !== 'META-INF/MANIFEST.MF');
    const texts = names.map(async (name) => [`${module}/${name}`, String(await jar.read(name))] as const);
    return Promise.all(texts);
  });
}
