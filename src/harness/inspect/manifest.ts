/** A section of a jar's manifest or signature file: the first is about the jar, each other about the file of its `Name`. */
export interface ManifestSection {
  readonly attributes: ReadonlyMap<string, string>;
  /** Its bytes with the blank line that ends it. */
  readonly raw: Buffer;
}

/** Sections in order. Lines have at most 72 bytes: a blank at its start continues the one before. */
export function parseSections(bytes: Buffer): readonly ManifestSection[] {
  // One character for each byte, so that no section loses any.
  const texts = bytes.toString('latin1').split(/(?<=(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n)))/);
  return texts
    .map((text) => ({ raw: Buffer.from(text, 'latin1'), attributes: attributesOf(text) }))
    .filter(({ attributes }) => attributes.size > 0);
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  // A line may end within a letter of several bytes.
  const unfolded = text.replaceAll(/\r\n?/g, '\n').replaceAll('\n ', '');
  const lines = Buffer.from(unfolded, 'latin1').toString().split('\n');
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const] : [];
    }),
  );
}
