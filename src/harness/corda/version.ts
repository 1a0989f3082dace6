/**
 * Maven's version order (ComparableVersion, https://maven.apache.org/pom.html#version-order-specification):
 * numbers by value, qualifiers by meaning, `4.9 < 4.10-RC01 < 4.10 < 4.10-corda`.
 */

interface Token {
  readonly separator: '.' | '-';
  /** A number, or a qualifier in lower case. */
  readonly value: bigint | string;
}

/** Qualifiers that Maven knows, in its order; `''` is the release itself, any other word comes after `sp`. */
const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const RELEASE_RANK = QUALIFIERS.indexOf('');
const NUMBER_RANK = QUALIFIERS.length + 1;
const ALIASES = new Map([
  ['ga', ''],
  ['final', ''],
  ['release', ''],
  ['cr', 'rc'],
]);
/** Only before a digit: `4.10-a1` is an alpha, `4.10-a` is the word "a". */
const SHORT_ALIASES = new Map([
  ['a', 'alpha'],
  ['b', 'beta'],
  ['m', 'milestone'],
]);

/** Negative when `a` is the older version, positive when it is the newer one, 0 when Maven takes them as equal (`4.0`, `4`). */
export function compareMavenVersions(a: string, b: string): number {
  const left = tokensOf(a);
  const right = tokensOf(b);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const order = compareTokens(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function tokensOf(version: string): Token[] {
  const tokens: Token[] = [];
  for (const [index, part] of version.toLowerCase().split(/[.-]/).entries()) {
    const separator = separatorBefore(version, index) === '-' ? '-' : '.';
    // A change from digits to letters, or back, counts as a hyphen. An empty part counts as zero.
    const pieces = part.match(/\d+|\D+/g) ?? ['0'];
    pieces.forEach((piece, at) => {
      const beforeDigit = at + 1 < pieces.length;
      tokens.push({ separator: at > 0 ? '-' : separator, value: valueOf(piece, beforeDigit) });
    });
  }
  return withoutNulls(tokens);
}

function separatorBefore(version: string, part: number): string | undefined {
  return version.match(/[.-]/g)?.[part - 1];
}

function valueOf(piece: string, beforeDigit: boolean): bigint | string {
  if (/^\d/.test(piece)) return BigInt(piece);
  return ALIASES.get(piece) ?? (beforeDigit ? SHORT_ALIASES.get(piece) : undefined) ?? piece;
}

/**
 * Zeros and release words say nothing at the end or before a qualifier: `1.0.0 = 1`, `1.0-rc = 1-rc`.
 * Without the second half the order would not be transitive.
 */
function withoutNulls(tokens: readonly Token[]): Token[] {
  const kept: Token[] = [];
  for (const token of tokens.toReversed()) {
    const next = kept.at(-1);
    const isNull = token.value === 0n || token.value === '';
    if (isNull && (next === undefined || typeof next.value === 'string')) continue;
    kept.push(token);
  }
  // A version needs no token at all to be equal to "0".
  return kept.toReversed();
}

/** A missing token counts as the release itself, below every number. */
function compareTokens(a: Token | undefined, b: Token | undefined): number {
  const ranks = rankOf(a) - rankOf(b);
  if (ranks !== 0 || a === undefined || b === undefined)
    return ranks || Number(a !== undefined) - Number(b !== undefined);
  // `1-1 < 1.1`
  if (typeof a.value === 'bigint' && a.separator !== b.separator) return a.separator === '-' ? -1 : 1;
  if (a.value === b.value) return 0;
  return a.value < b.value ? -1 : 1;
}

function rankOf(token: Token | undefined): number {
  if (token === undefined) return RELEASE_RANK;
  if (typeof token.value === 'bigint') return NUMBER_RANK;
  const known = QUALIFIERS.indexOf(token.value);
  return known < 0 ? QUALIFIERS.length : known;
}
