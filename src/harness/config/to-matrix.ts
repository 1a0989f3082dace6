import { dirname, resolve } from 'node:path';
import { OUTAGE_LIMIT_MS, type Limits, type ProviderName, type Workload, type WorkloadKind } from './cell.ts';
import { type CordappSource, type Release, type ReleaseSource, isRepositoryUrl } from './release.ts';
import type { Overrides } from './environment.ts';
import type { Matrix } from './matrix.ts';
import { pairChoice } from './pairs.ts';
import type { MatrixFile, CordappsEntry, ReleaseEntry } from './schema.ts';
import { bug } from '../support/step-error.ts';

/** The checked file and environment as a Matrix: paths absolute, limits in milliseconds, expired declarations left out. */
export function toMatrix(
  parsed: MatrixFile,
  { file, overrides, today }: { file: string; overrides: Overrides; today: string },
): Matrix {
  const pairs = pairChoice(parsed.pairs);
  if (!pairs) bug('"pairs" passed its schema but is no choice');
  const folder = dirname(file);
  const releases = Object.entries(parsed.releases).map(([id, entry]) => toRelease(id, entry, { parsed, folder }));
  const valid = parsed.known.filter(({ until }) => until >= today);
  const workload = toWorkload(parsed, overrides);
  // A notary change needs two.
  const {
    notary,
    notaries = workload.lifecycle ? 2 : 1,
    peers,
    validating,
    onboarding,
    database,
    minimumPlatformVersion,
  } = parsed.topology;
  const provider = overrides.provider ?? parsed.provider;
  const workloadKind = overrides.workloadKind ?? parsed.kubernetes.workload;
  return {
    file,
    releases,
    pairs,
    mixed: parsed.mixed === 'all' ? releases.map(({ id }) => id) : (parsed.mixed ?? []),
    topology: { notary, notaries, peers, validating, onboarding, database, minimumPlatformVersion },
    provider,
    ...(provider === 'kubernetes' && workloadKind !== 'statefulset' ? { workloadKind } : {}),
    jvm: parsed.jvm,
    workload,
    limits: inMilliseconds(parsed.limits, provider),
    known: new Map(valid.map(({ pair, reason, until }) => [pair, { reason, until }])),
    settings: overrides.settings,
    warnings: [
      ...withoutCluster(provider, workloadKind),
      ...expiredDeclarations(parsed, today),
      ...withoutFinance(releases),
      ...(onboarding === 'doorman' ? ofDevelopment(releases) : []),
    ],
  };
}

function toWorkload({ workload }: MatrixFile, overrides: Overrides): Workload {
  const { lifecycle, shrink, ...trade } = workload;
  return {
    ...trade,
    ...(overrides.seed === undefined ? {} : { seed: overrides.seed }),
    ...((overrides.lifecycle ?? lifecycle) ? { lifecycle: true } : {}),
    ...(shrink && !overrides.noShrink ? { shrink: { tries: shrink.tries, limit: inMs(shrink.seconds) } } : {}),
  };
}

function toRelease(
  id: string,
  entry: ReleaseEntry,
  { parsed, folder }: { parsed: MatrixFile; folder: string },
): Release {
  return {
    id,
    source: toSource(entry, parsed, folder),
    cordapps: toCordapps(entry.cordapps ?? parsed.cordapps, folder),
    ...(entry.java === undefined ? {} : { java: entry.java }),
    jvmArgs: entry.jvmArgs,
    ...(entry.base === undefined ? {} : { base: entry.base }),
  };
}

function toSource(
  { maven, jar, git, ref = '', build }: ReleaseEntry,
  { limits }: MatrixFile,
  folder: string,
): ReleaseSource {
  if (maven !== undefined) return { kind: 'maven', version: maven };
  if (git === undefined) return { kind: 'jar', path: resolve(folder, jar ?? '') };
  const repository = isRepositoryUrl(git) ? git : resolve(folder, git);
  const { node, cordapps } = build ?? {};
  const recipes = { ...(node ? { node } : {}), ...(cordapps ? { cordapps } : {}) };
  return { kind: 'git', repository, ref, build: recipes, limit: Math.round(limits.build * 1000) };
}

function toCordapps({ maven, jar }: CordappsEntry, folder: string): CordappSource[] {
  return [
    ...maven.map((coordinate): CordappSource => ({ kind: 'maven', coordinate })),
    ...jar.map((path): CordappSource => ({ kind: 'jar', path: resolve(folder, path) })),
  ];
}

function withoutCluster(provider: ProviderName, workloadKind: WorkloadKind): string[] {
  if (provider === 'kubernetes' || workloadKind === 'statefulset') return [];
  const said = `kubernetes.workload: "${workloadKind}"`;
  return [`${said} has no effect with provider ${provider}: only provider kubernetes uses a cluster`];
}

function inMilliseconds(
  { start, flow, arrival, prepare, teardown }: MatrixFile['limits'],
  provider: ProviderName,
): Limits {
  const asked = {
    start: inMs(start),
    flow: inMs(flow),
    arrival: inMs(arrival),
    prepare: inMs(prepare),
    teardown: inMs(teardown),
  };
  return { ...asked, outage: provider === 'kubernetes' ? OUTAGE_LIMIT_MS : 0 };
}

function inMs(seconds: number): number {
  return Math.round(seconds * 1000);
}

function expiredDeclarations({ known }: MatrixFile, today: string): string[] {
  return known
    .filter(({ until }) => until < today)
    .map(({ pair, until }) => `known: the declaration about ${pair} expired on ${until} and no longer counts`);
}

/** The money suites call flows of Corda's finance CorDapps. A user's own jar may hold them under any name. */
function withoutFinance(releases: readonly Release[]): string[] {
  return releases
    .filter(({ source, cordapps }) => source.kind !== 'git' || (!source.build.cordapps && cordapps.length > 0))
    .filter(({ cordapps }) => cordapps.every((cordapp) => cordapp.kind === 'maven' && !isFinance(cordapp.coordinate)))
    .map(
      ({ id }) => `nodes of ${id} carry no corda-finance CorDapp, whose flows the issue, pay and random suites call`,
    );
}

/** The run tells of other jars when it has read them. */
function ofDevelopment(releases: readonly Release[]): string[] {
  const coordinates = releases.flatMap(({ cordapps }) =>
    cordapps.flatMap((cordapp) => (cordapp.kind === 'maven' ? [cordapp.coordinate] : [])),
  );
  // Those of 3.x are not signed.
  const signed = new Set(coordinates.filter((coordinate) => coordinate.startsWith('net.corda:corda-finance-')));
  const words =
    "signed with Corda's development key: nodes outside development mode refuse it, but those of this run do not";
  return [...signed].map((coordinate) => `${coordinate} is ${words}`);
}

function isFinance(coordinate: string): boolean {
  return coordinate.startsWith('net.corda:corda-finance');
}
