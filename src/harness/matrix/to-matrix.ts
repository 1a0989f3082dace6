import { dirname, resolve } from 'node:path';
import type { Limits } from '../domain/cell.ts';
import type { CordappSource, Release } from '../domain/release.ts';
import type { Overrides } from './environment.ts';
import type { Matrix } from './matrix.ts';
import { pairChoice } from './pairs.ts';
import type { CordappsEntry, MatrixFile, ReleaseEntry } from './schema.ts';

/** The checked file and environment as a Matrix: paths absolute, limits in milliseconds, expired declarations left out. */
export function toMatrix(
  parsed: MatrixFile,
  { file, overrides, today }: { file: string; overrides: Overrides; today: string },
): Matrix {
  const pairs = pairChoice(parsed.pairs);
  if (!pairs) throw new Error(`this is a bug in corda-compat: "pairs" passed its schema but is no choice`);
  const folder = dirname(file);
  const releases = Object.entries(parsed.releases).map(([id, entry]) => toRelease(id, entry, { parsed, folder }));
  const valid = parsed.known.filter(({ until }) => until >= today);
  const { notary, validating, onboarding, database, minimumPlatformVersion } = parsed.topology;
  return {
    file,
    releases,
    pairs,
    topology: { notary, validating, onboarding, database, minimumPlatformVersion },
    provider: overrides.provider ?? parsed.provider,
    jvm: parsed.jvm,
    workload: { ...parsed.workload, ...(overrides.seed === undefined ? {} : { seed: overrides.seed }) },
    limits: inMilliseconds(parsed.limits),
    known: new Map(valid.map(({ pair, reason, until }) => [pair, { reason, until }])),
    settings: overrides.settings,
    warnings: [...expiredDeclarations(parsed, today), ...withoutFinance(releases)],
  };
}

function toRelease(
  id: string,
  entry: ReleaseEntry,
  { parsed, folder }: { parsed: MatrixFile; folder: string },
): Release {
  const source: Release['source'] =
    entry.maven === undefined
      ? { kind: 'jar', path: resolve(folder, entry.jar ?? '') }
      : { kind: 'maven', version: entry.maven };
  return {
    id,
    source,
    cordapps: toCordapps(entry.cordapps ?? parsed.cordapps, folder),
    ...(entry.java === undefined ? {} : { java: entry.java }),
    jvmArgs: entry.jvmArgs,
  };
}

function toCordapps({ maven, jar }: CordappsEntry, folder: string): CordappSource[] {
  return [
    ...maven.map((coordinate): CordappSource => ({ kind: 'maven', coordinate })),
    ...jar.map((path): CordappSource => ({ kind: 'jar', path: resolve(folder, path) })),
  ];
}

function inMilliseconds({ start, flow, arrival, prepare, teardown }: MatrixFile['limits']): Limits {
  const ms = (seconds: number) => Math.round(seconds * 1000);
  return { start: ms(start), flow: ms(flow), arrival: ms(arrival), prepare: ms(prepare), teardown: ms(teardown) };
}

function expiredDeclarations({ known }: MatrixFile, today: string): string[] {
  return known
    .filter(({ until }) => until < today)
    .map(({ pair, until }) => `known: the declaration about ${pair} expired on ${until} and no longer counts`);
}

/** The money suites call flows of Corda's finance CorDapps; a jar of one's own may hold them under any name. */
function withoutFinance(releases: readonly Release[]): string[] {
  return releases
    .filter(({ cordapps }) => cordapps.every((cordapp) => cordapp.kind === 'maven' && !isFinance(cordapp.coordinate)))
    .map(
      ({ id }) => `nodes of ${id} carry no corda-finance CorDapp, whose flows the issue, pay and random suites call`,
    );
}

function isFinance(coordinate: string): boolean {
  return coordinate.startsWith('net.corda:corda-finance');
}
