/** Attributes of a jar's manifest, main section only. */
export type Manifest = ReadonlyMap<string, string>;

/** Reads META-INF/MANIFEST.MF: lines of 72 bytes, a blank at its start continues the one before. */
export function parseManifest(text: string): Manifest {
  const [main = ''] = text.replaceAll(/\r\n?/g, '\n').replaceAll('\n ', '').split('\n\n');
  const pairs = main.split('\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const] : [];
  });
  return new Map(pairs);
}
