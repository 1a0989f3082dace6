/** What decides over parts of something. */
export interface Parts<T> {
  /** A part with what it cannot do without; never smaller. */
  readonly close: (part: readonly T[]) => readonly T[];
  /** Whether a part still fails; undefined where nobody can tell any more: then the smallest so far is returned. */
  readonly fails: (part: readonly T[]) => Promise<boolean | undefined>;
}

/**
 * Delta debugging (Zeller's ddmin): the smallest part of something that fails which halving finds. To its end, and if whatever
 * contains a failing part fails as well, no single item can be left out of what is returned: without it, and without what
 * cannot do without it, it no longer fails.
 * @param whole known to fail, and closed
 */
export async function ddmin<T>(whole: readonly T[], parts: Parts<T>): Promise<readonly T[]> {
  let current = whole;
  let pieces = 2;
  while (current.length > 1) {
    const smaller = await firstFailing(current, { pieces: Math.min(pieces, current.length), ...parts });
    if (smaller === 'unknown') return current;
    if (smaller) {
      pieces = Math.max(2, smaller.isPiece ? 2 : pieces - 1);
      current = smaller.part;
    } else if (pieces >= current.length) {
      return current;
    } else {
      pieces = Math.min(2 * pieces, current.length);
    }
  }
  return current;
}

interface Smaller<T> {
  readonly part: readonly T[];
  readonly isPiece: boolean;
}

/** The first of the pieces, then of what is left without each, that is smaller and still fails. */
async function firstFailing<T>(
  current: readonly T[],
  { pieces, close, fails }: Parts<T> & { readonly pieces: number },
): Promise<Smaller<T> | 'unknown' | undefined> {
  const cut = split(current, pieces);
  const candidates = [
    ...cut.map((piece) => ({ part: close(piece), isPiece: true })),
    ...cut.map((piece) => ({ part: close(without(current, piece)), isPiece: false })),
  ];
  for (const candidate of candidates) {
    if (candidate.part.length === 0 || candidate.part.length >= current.length) continue;
    const failed = await fails(candidate.part);
    if (failed === undefined) return 'unknown';
    if (failed) return candidate;
  }
  return undefined;
}

function without<T>(items: readonly T[], piece: readonly T[]): readonly T[] {
  const left = new Set(piece);
  return items.filter((item) => !left.has(item));
}

/** As even as it goes; never an empty one. */
function split<T>(items: readonly T[], pieces: number): readonly (readonly T[])[] {
  return Array.from({ length: pieces }, (_, index) =>
    items.slice(Math.floor((index * items.length) / pieces), Math.floor(((index + 1) * items.length) / pieces)),
  );
}
