import { withJar } from '../support/jar.ts';
import { readClass, type ClassFacts } from './class-file.ts';
import { parseSections } from './manifest.ts';
import { readSignatures, type Signatures } from './signatures.ts';

/** What a jar says of itself. */
export interface JarFacts {
  /** Attributes of the jar as a whole. */
  readonly manifest: ReadonlyMap<string, string>;
  readonly signatures: Signatures;
  /** By name; those of other Java versions (`META-INF/versions`) are left out. */
  readonly classes: ReadonlyMap<string, ClassFacts>;
  /** Files of migration scripts, below `migration/`. */
  readonly migrations: ReadonlySet<string>;
}

const MANIFEST = 'META-INF/MANIFEST.MF';
const MIGRATION = 'migration/';

/** Reads a jar. @throws NotAJar; the system's error for a file that is missing or cannot be read */
export async function readJarFacts(file: string): Promise<JarFacts> {
  return await withJar(file, async (jar) => {
    const manifest = (await jar.read(MANIFEST)) ?? Buffer.alloc(0);
    const classes = new Map<string, ClassFacts>();
    for (const name of jar.names.filter((each) => each.endsWith('.class') && !each.startsWith('META-INF/'))) {
      const found = readClass((await jar.read(name)) ?? Buffer.alloc(0));
      if (found) classes.set(found.name, found);
    }
    return {
      manifest: parseSections(manifest)[0]?.attributes ?? new Map<string, string>(),
      signatures: await readSignatures(jar, manifest),
      classes,
      migrations: new Set(
        jar.names.filter((name) => name.startsWith(MIGRATION)).map((name) => name.slice(MIGRATION.length)),
      ),
    };
  });
}

/** A whole number of the manifest, or this one instead. Nodes do the same (JarScanningCordappLoader.kt). */
export function numberIn({ manifest }: Pick<JarFacts, 'manifest'>, attribute: string, otherwise: number): number {
  const text = manifest.get(attribute) ?? '';
  return isWholeNumber(text) ? Number(text) : otherwise;
}

export function isWholeNumber(text: string): boolean {
  return /^[+-]?\d{1,10}$/.test(text);
}
