import { shownRepository, type CordappSource, type Release } from '../config/release.ts';

/** `net.corda:corda:4.8`, the jar's path, or the source and the build of a revision. */
export function sourceText({ source }: Release): string {
  if (source.kind === 'maven') return `net.corda:corda:${source.version}`;
  if (source.kind === 'jar') return source.path;
  const { repository, ref, build, limit } = source;
  const how = build.node ? build.node.command : "the preset of Corda's own tree";
  return `${ref} of ${shownRepository(repository)}, fetched and built by ${how} within ${limit / 1000} s, once per commit`;
}

/** The CorDapps of a release's nodes; `{version}` is filled in if the file names the version. */
export function cordappsText(release: Release): string {
  const { source, cordapps } = release;
  const named = cordapps.map((cordapp) => cordappText(cordapp, release));
  return listed([...builtText(source, named.length), ...named]) || 'none';
}

function builtText(source: Release['source'], named: number): readonly string[] {
  if (source.kind !== 'git') return [];
  if (source.build.cordapps) return [`its own ${source.build.cordapps.artefact}`];
  return named === 0 && !source.build.node ? ['its own finance CorDapps'] : [];
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

/** Groups values that belong together, in the order of the first of each. (Map.groupBy is not in Node 20.) */
export function grouped<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

export function idsOf(releases: readonly Pick<Release, 'id'>[]): string {
  return listed(releases.map(({ id }) => id));
}
