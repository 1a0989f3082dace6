import { withJar } from '../support/jar.ts';

/** Packages of Java itself. */
const OF_JAVA = /^(java|javax|jdk|sun|com\.sun|org\.(w3c\.dom|xml\.sax|ietf\.jgss|omg))\./;

/** Of these classes, those that neither Java nor any of these jars has. */
export async function missingClasses(
  wanted: ReadonlySet<string>,
  jars: readonly string[],
): Promise<ReadonlySet<string>> {
  const missing = new Set([...wanted].filter((name) => !OF_JAVA.test(name)));
  for (const jar of jars) {
    if (missing.size === 0) break;
    const names = await withJar(jar, ({ names: all }) => Promise.resolve(new Set(all)));
    for (const name of missing) if (names.has(`${name.replaceAll('.', '/')}.class`)) missing.delete(name);
  }
  return missing;
}
