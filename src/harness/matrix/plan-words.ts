import type { CordappSource, Release } from '../domain/release.ts';

/** `net.corda:corda:4.8`, or the jar's path. */
export function sourceText({ source }: Release): string {
  return source.kind === 'maven' ? `net.corda:corda:${source.version}` : source.path;
}

/** The CorDapps of a release's nodes; `{version}` is filled in where the file says which it is. */
export function cordappsText(release: Release): string {
  if (release.cordapps.length === 0) return 'none';
  return listed(release.cordapps.map((cordapp) => cordappText(cordapp, release)));
}

function cordappText(cordapp: CordappSource, { source }: Release): string {
  if (cordapp.kind === 'jar') return cordapp.path;
  // Corda's own group says nothing new.
  const short = cordapp.coordinate.replace(/^net\.corda:/, '');
  return source.kind === 'maven' ? short.replaceAll('{version}', source.version) : short;
}

/** `a`, `a and b`, `a, b and c` */
export function listed(words: readonly string[]): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** What belongs together, in the order of the first of each. (Map.groupBy is not in Node 20.) */
export function grouped<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}
