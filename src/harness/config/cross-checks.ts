import { z } from 'zod';
import { MIXED } from './cell.ts';
import type { Release } from './release.ts';
import { pairChoice, pairName, pairsOf } from './pairs.ts';
import { notAmong } from './problems.ts';
import type { Problem, ProblemPath } from './problems.ts';
import { PEER_COUNTS } from '../corda/topology.ts';

const namedFailures = z.array(z.object({ name: z.string() }).catch({ name: '' })).catch([]);
const jarsOnly = z.object({ jar: z.array(z.string()).catch([]) });

/**
 * The readable parts of a file that may be wrong elsewhere. One run reports all problems: a mistyped key does not
 * hide an unknown release.
 */
const readable = z.object({
  releases: z
    .record(
      z.string(),
      z
        .object({
          maven: z.unknown().optional(),
          jar: z.unknown().optional(),
          git: z.unknown().optional(),
          ref: z.unknown().optional(),
          refs: z.unknown().optional(),
          build: z.unknown().optional(),
          cordapps: jarsOnly.optional().catch(undefined),
        })
        .catch({ maven: '', jar: undefined }),
    )
    .catch({}),
  cordapps: jarsOnly.catch({ jar: [] }),
  pairs: z.union([z.string(), z.array(z.array(z.string()).catch([]))]).catch('adjacent'),
  mixed: z
    .union([z.literal('all'), z.array(z.string())])
    .optional()
    .catch(undefined),
  known: z.array(z.object({ pair: z.string(), failures: namedFailures }).catch({ pair: '', failures: [] })).catch([]),
});
type Readable = z.output<typeof readable>;

/** A jar that the file names, and its place there. */
export interface NamedJar {
  readonly path: ProblemPath;
  /** As written. */
  readonly jar: string;
}

/** Checks that need several parts of the file. */
export function crossCheck(value: unknown): { problems: Problem[]; jars: NamedJar[] } {
  const file = readable.safeParse(value);
  if (!file.success) return { problems: [], jars: [] };
  const checks = [
    tooFewReleases,
    sourceProblems,
    gitProblems,
    twinProblems,
    pairProblems,
    mixedProblems,
    knownProblems,
    declaredFailureProblems,
  ];
  return { problems: checks.flatMap((check) => check(file.data)), jars: namedJars(file.data) };
}

function tooFewReleases({ releases, pairs }: Readable): Problem[] {
  const ids = Object.keys(releases);
  if (ids.length !== 1 || typeof pairs !== 'string') return [];
  const control = JSON.stringify([[ids[0], ids[0]]]);
  return [
    {
      path: ['releases'],
      text: `names one release only, but a pair needs two: add one, or ask for the control with "pairs": ${control}`,
    },
  ];
}

function sourceProblems({ releases }: Readable): Problem[] {
  return Object.entries(releases).flatMap(([id, { maven, jar, git }]) => {
    const named = [maven, jar, git].filter((source) => source !== undefined).length;
    if (named === 1) return [];
    const what = named === 0 ? 'names no source; give' : `names ${named === 2 ? 'two' : 'three'} sources; keep`;
    const kinds = '"maven" (a version), "jar" (a file) and "git" (a repository)';
    return [{ path: ['releases', id], text: `${what} one of ${kinds}` }];
  });
}

/** Files of refs are replaced by their releases before. One that is left was unreadable, or stands beside a ref. */
function gitProblems({ releases }: Readable): Problem[] {
  return Object.entries(releases).flatMap(([id, { git, ref, refs, build }]) => {
    const problem = (key: string, text: string): Problem[] => [{ path: ['releases', id, key], text }];
    if (git !== undefined && ref === undefined && refs === undefined) {
      return problem('git', 'needs a "ref" (a branch, a tag or a SHA) beside it, or "refs" (a file of them)');
    }
    if (ref !== undefined && refs !== undefined) return problem('refs', 'stands beside "ref"; keep one of both');
    if (git !== undefined) return [];
    const stray = Object.entries({ ref, refs, build }).filter(([, value]) => value !== undefined);
    return stray.flatMap(([key]) => problem(key, 'has a meaning only beside "git" (a repository)'));
  });
}

/** Folders are named after releases, and on some machines `Mine` and `mine` are one folder. */
function twinProblems({ releases }: Readable): Problem[] {
  return Object.keys(releases).flatMap((id, index, ids) => {
    const twin = ids.slice(0, index).find((other) => other.toLowerCase() === id.toLowerCase());
    if (twin === undefined) return [];
    return [
      { path: ['releases', id], text: `differs from ${JSON.stringify(twin)} in upper and lower case only; rename one` },
    ];
  });
}

function pairProblems({ releases, pairs }: Readable): Problem[] {
  const ids = Object.keys(releases);
  const unknown = (path: ProblemPath, id: string): Problem[] =>
    ids.includes(id) ? [] : [{ path, text: notAmong(id, 'no such release', ids) }];
  if (typeof pairs === 'string') {
    const choice = pairChoice(pairs);
    return choice?.kind === 'against' ? unknown(['pairs'], choice.release) : [];
  }
  return pairs.flatMap((pair, index) => {
    const earlier = pairs.findIndex((other) => other.length === 2 && other.join('+') === pair.join('+'));
    const twice = earlier >= 0 && earlier < index;
    return [
      ...pair.flatMap((id, side) => unknown(['pairs', index, side], id)),
      ...(twice ? [{ path: ['pairs', index], text: `is the same pair as pairs[${earlier}]; remove one` }] : []),
    ];
  });
}

function mixedProblems({ releases, mixed }: Readable): Problem[] {
  const ids = Object.keys(releases);
  const { least, most } = PEER_COUNTS;
  if (mixed === 'all') {
    if (ids.length >= least && ids.length <= most) return [];
    const instead = ids.length < least ? 'add one' : `list the ${most} that matter most`;
    const text = `asks for all ${ids.length} releases in one network, which takes ${least} to ${most}; ${instead}`;
    return [{ path: ['mixed'], text }];
  }
  return (mixed ?? []).flatMap((id, index, all) => {
    const path = ['mixed', index];
    if (!ids.includes(id)) return [{ path, text: notAmong(id, 'no such release', ids) }];
    const earlier = all.indexOf(id);
    return earlier < index ? [{ path, text: `names the release of mixed[${earlier}] again; remove one` }] : [];
  });
}

/** A declaration about a pair that does not run would be forgotten. */
function knownProblems({ releases, pairs, mixed, known }: Readable): Problem[] {
  const choice = pairChoice(pairs);
  if (!choice) return [];
  const pairNames = pairsOf(choice, Object.entries(releases).map(nominal)).map(pairName);
  const names = [...new Set(pairNames), ...(mixed ? [MIXED] : [])];
  return known.flatMap(({ pair }, index) => {
    if (!pair.includes('+') && pair !== MIXED) return [];
    const path = ['known', index, 'pair'];
    const earlier = known.findIndex((other) => other.pair === pair);
    if (earlier < index) return [{ path, text: `declares ${JSON.stringify(pair)} again, after known[${earlier}]` }];
    return names.includes(pair) ? [] : [{ path, text: notAmong(pair, 'not a cell of this matrix', names) }];
  });
}

/** A name with a mistyped release would never be met. */
function declaredFailureProblems({ known, mixed, releases }: Readable): Problem[] {
  return known.flatMap(({ pair, failures }, index) => {
    const ofMixed = Array.isArray(mixed) ? mixed : Object.keys(releases);
    const ids = pair === MIXED ? ofMixed : pair.split('+');
    return failures.flatMap(({ name }, place) => {
      const wrong = releasesIn(name).find((id) => !ids.includes(id));
      if (wrong === undefined) return [];
      const path = ['known', index, 'failures', place, 'name'];
      return [
        { path, text: `names ${JSON.stringify(wrong)}, which is no release of this cell. Valid: ${ids.join(', ')}` },
      ];
    });
  });
}

/** The releases in the name of an operation or a finding. */
function releasesIn(name: string): readonly string[] {
  const [, one, other] = /^(\S+) (?:pays (\S+)|issues|exits|changes a notary) without an ok\b/.exec(name) ?? [];
  const [, all] = /^[a-z]+(?:-[a-z]+)* of (\S+(?: and \S+)*)$/.exec(name) ?? [];
  return [one, other, ...(all?.split(' and ') ?? [])].filter((id) => id !== undefined);
}

/** The part of a release that its order needs. */
function nominal([id, { maven }]: [string, { maven?: unknown }]): Release {
  const source: Release['source'] =
    typeof maven === 'string' ? { kind: 'maven', version: maven } : { kind: 'jar', path: id };
  return { id, source, cordapps: [], jvmArgs: [] };
}

function namedJars({ releases, cordapps }: Readable): NamedJar[] {
  return [
    ...Object.entries(releases).flatMap(([id, release]) => [
      ...(typeof release.jar === 'string' ? [{ path: ['releases', id, 'jar'], jar: release.jar }] : []),
      ...(release.cordapps?.jar ?? []).map((jar, index) => ({ path: ['releases', id, 'cordapps', 'jar', index], jar })),
    ]),
    ...cordapps.jar.map((jar, index) => ({ path: ['cordapps', 'jar', index], jar })),
  ];
}
