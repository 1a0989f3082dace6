import { rm } from 'node:fs/promises';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { type Step, notBuilt, blocked, StepError } from '../support/step-error.ts';
import type { Artefact } from './artefacts.ts';
import { explainDiskError } from './cache-folder.ts';
import { partialFile, findObject, objectFile, storeObject, type Ref } from './cache-files.ts';
import type { ReleasesContext } from './context.ts';
import { once } from '../support/once.ts';
import { download, megabytes, sumsOf, type Sums } from './download.ts';
import { HttpError, requestText, withRetries, ConnectionError } from './http.ts';
import { artifactPath, jarName, mavenRepository, parseCoordinate } from './maven-repository.ts';
import type { Coordinate, MavenRepository } from './maven-repository.ts';
import { compareMavenVersions } from '../corda/version.ts';
import { editDistance } from '../support/nearest.ts';
import { seconds } from '../support/words.ts';

interface Wanted {
  readonly coordinate: Coordinate;
  readonly repository: MavenRepository;
  readonly url: string;
  /** The ref's path in the cache. */
  readonly path: string;
  readonly step: Step;
}

/**
 * The jar of `group:artifact:version[:classifier]`, from the cache (no request at all) or from the Maven repository.
 * @throws StepError not-built for an unknown coordinate or wrong content, blocked when the repository cannot be used
 */
export async function downloadArtefact(
  coordinate: string,
  ctx: ReleasesContext,
  step: Step = 'resolve',
): Promise<Artefact> {
  return once(ctx.known.artefacts, coordinate, async () => {
    const wanted = await locate(parseCoordinate(coordinate, step), ctx, step);
    const ref = (await findObject(ctx, wanted.path)) ?? (await fetchOnce(wanted, ctx));
    return { file: objectFile(ctx.cache, ref), name: ref.name, sha256: ref.sha256, origin: coordinate };
  });
}

async function locate(coordinate: Coordinate, ctx: ReleasesContext, step: Step): Promise<Wanted> {
  const repository = await mavenRepository(ctx);
  const path = `${artifactPath(coordinate)}/${coordinate.version}/${jarName(coordinate)}`;
  return { coordinate, repository, step, url: `${repository.url}/${path}`, path: `maven/${repository.id}/${path}` };
}

/** Another run may be fetching the same, or have just done so. */
async function fetchOnce(wanted: Wanted, ctx: ReleasesContext): Promise<Ref> {
  const { cache } = ctx;
  const lock = `maven-${wanted.repository.id}-${jarName(wanted.coordinate)}`;
  return explainDiskError({ folder: cache.folder, step: wanted.step }, () =>
    cache.exclusively(lock, `download of ${wanted.coordinate.text}`, async () => {
      return (await findObject(ctx, wanted.path)) ?? (await fetchJar(wanted, ctx));
    }),
  );
}

async function fetchJar(wanted: Wanted, ctx: ReleasesContext): Promise<Ref> {
  const name = jarName(wanted.coordinate);
  const file = partialFile(ctx.cache.folder, `${wanted.repository.id}-${name}`);
  const start = performance.now();
  const sums = await fetchVerified(wanted, file, ctx).catch((error: unknown) => {
    ctx.signal.throwIfAborted();
    return explainMavenError(error, wanted, ctx);
  });
  const took = seconds(performance.now() - start, 1);
  ctx.progress.say(`${name}: ${megabytes(sums.size)} MB from ${wanted.repository.from} in ${took}`);
  const ref = { name, ...sums, url: wanted.url };
  await storeObject(ctx.cache, file, { path: wanted.path, ref });
  return ref;
}

/** A wrong sum may come from the part of an earlier attempt: once more, from zero. */
async function fetchVerified(wanted: Wanted, file: string, ctx: ReleasesContext): Promise<Sums> {
  const first = await fetchAndCompare(wanted, file, ctx);
  if (first.wrong === undefined) return first.sums;
  ctx.progress.say(`${wanted.coordinate.text}: ${first.wrong}; fetching it again from the start`);
  const second = await fetchAndCompare(wanted, file, ctx);
  if (second.wrong === undefined) return second.sums;
  const advice = `The repository (${wanted.repository.from}) or something on the way to it is damaged.`;
  throw notBuilt(wanted.step, `${wanted.coordinate.text} from ${wanted.url}, twice: ${second.wrong}. ${advice}`);
}

async function fetchAndCompare(wanted: Wanted, file: string, ctx: ReleasesContext) {
  const { url, repository } = wanted;
  const [sha1, sha256] = await Promise.all([
    sideFile(wanted, { suffix: 'sha1', digits: 40 }, ctx),
    sideFile(wanted, { suffix: 'sha256', digits: 64 }, ctx),
  ]);
  await download({ ...ctx, url, headers: repository.headers, file, name: jarName(wanted.coordinate) });
  const sums = await sumsOf(file, ctx.signal);
  const wrong = [
    ...(sha1 !== undefined && sha1 !== sums.sha1 ? [`sha1 is ${sums.sha1}, should be ${sha1}`] : []),
    ...(sha256 !== undefined && sha256 !== sums.sha256 ? [`sha256 is ${sums.sha256}, should be ${sha256}`] : []),
  ];
  if (wrong.length > 0) await rm(file, { force: true });
  if (sha1 === undefined && sha256 === undefined) ctx.progress.say(`${url}: the repository has no checksum of it`);
  return wrong.length > 0 ? { sums, wrong: wrong.join('; ') } : { sums };
}

/** A checksum beside a file; undefined where the repository has none. Some write the file's name after it. */
async function sideFile(
  { url, repository }: Wanted,
  { suffix, digits }: { suffix: string; digits: number },
  ctx: ReleasesContext,
): Promise<string | undefined> {
  const side = `${url}.${suffix}`;
  try {
    const text = await withRetries({ ...ctx, name: side }, () =>
      requestText({ url: side, headers: repository.headers, signal: ctx.signal }),
    );
    return new RegExp(`\\b[0-9a-f]{${digits}}\\b`).exec(text.toLowerCase())?.[0];
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return undefined;
    throw error;
  }
}

const NEAR = 5;

const listed = (value: unknown) => (value === undefined || value === '' ? [] : [value].flat());
const versionSchema = z.preprocess(listed, z.array(z.string()));
/** An empty element reads as an empty string. */
const versionsSchema = z.preprocess((value) => (value === '' ? {} : value), z.object({ version: versionSchema }));
const metadataSchema = z.object({ metadata: z.object({ versioning: z.object({ versions: versionsSchema }) }) });

/** The versions that a maven-metadata.xml lists, oldest first. @throws Error when it is none */
export function versionsOf(metadata: string): readonly string[] {
  const parsed: unknown = new XMLParser({ parseTagValue: false }).parse(metadata);
  return metadataSchema.parse(parsed).metadata.versioning.versions.version.toSorted(compareMavenVersions);
}

/** Up to five versions that the author of `wanted` may have meant: few letters differ, or neighbours in order. */
export function nearVersions(wanted: string, available: readonly string[]): readonly string[] {
  const sorted = available.toSorted(compareMavenVersions);
  const place = sorted.filter((version) => compareMavenVersions(version, wanted) < 0).length;
  const scored = sorted.map((version, index) => ({
    version,
    letters: isBeginning(version, wanted) ? 1 : editDistance(version, wanted),
    steps: Math.min(Math.abs(index - place), Math.abs(index + 1 - place)),
  }));
  return scored
    .toSorted((a, b) => a.letters - b.letters || a.steps - b.steps)
    .slice(0, NEAR)
    .map(({ version }) => version);
}

/** `3.3` is a short way of writing `3.3-corda`. */
function isBeginning(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

type Failed = Pick<Wanted, 'coordinate' | 'repository' | 'step'>;

/** Throws the meaning of a failed download for a cell: a wrong coordinate (not-built), or a faulty repository (blocked). */
async function explainMavenError(error: unknown, failed: Failed, ctx: ReleasesContext): Promise<never> {
  const { coordinate, repository, step } = failed;
  if (error instanceof StepError) throw error;
  if (error instanceof HttpError && error.status === 404) return explainMissing(error, failed, ctx);
  const what = `${coordinate.text} is not in the cache, and ${repository.url} (${repository.from})`;
  if (error instanceof HttpError && [401, 403].includes(error.status)) {
    const advice = 'Check the server of that id in ~/.m2/settings.xml, or the user in COMPAT_MAVEN_REPOSITORY.';
    throw blocked(step, `${what} refuses to give it: HTTP ${error.status}. ${advice}`, { cause: error });
  }
  if (error instanceof HttpError) throw blocked(step, `${what} answered HTTP ${error.status}.`, { cause: error });
  if (error instanceof ConnectionError) {
    const advice = 'Check the network, or set COMPAT_MAVEN_REPOSITORY to a repository that this machine reaches.';
    throw blocked(step, `${what} cannot be reached: ${error.reason}. ${advice}`, { cause: error });
  }
  throw error;
}

/**
 * Throws when the repository does not list the coordinate's version. A repository that cannot be asked throws nothing.
 * @throws StepError not-built, naming near versions
 */
export async function requireListed(failed: Failed, ctx: ReleasesContext): Promise<void> {
  const versions = await availableVersions(failed, ctx);
  if (versions === 'no list' || versions.includes(failed.coordinate.version)) return;
  await explainMissing(undefined, failed, ctx);
}

async function explainMissing(cause: HttpError | undefined, failed: Failed, ctx: ReleasesContext): Promise<never> {
  const { coordinate, repository, step } = failed;
  const { group, artifact, version } = coordinate;
  const where = `${repository.url} (${repository.from})`;
  const versions = await availableVersions(failed, ctx);
  if (versions === 'no artifact') {
    throw notBuilt(step, `${coordinate.text}: ${where} has no artifact ${group}:${artifact} at all.`, { cause });
  }
  if (versions === 'no list') {
    throw notBuilt(step, `${coordinate.text} is not in ${where}, which does not list its versions.`, { cause });
  }
  const all = `All: ${versions.join(', ')}.`;
  if (versions.includes(version)) {
    const what = `${where} lists the version, but not ${jarName(coordinate)}`;
    throw notBuilt(step, `${coordinate.text}: ${what}. ${all}`, { cause });
  }
  const near = nearVersions(version, versions).join(', ');
  throw notBuilt(step, `${group}:${artifact} has no version ${version} in ${where}. Near: ${near}. ${all}`, { cause });
}

type Available = readonly string[] | 'no artifact' | 'no list';

async function availableVersions({ coordinate, repository }: Failed, ctx: ReleasesContext): Promise<Available> {
  const url = `${repository.url}/${artifactPath(coordinate)}/maven-metadata.xml`;
  try {
    const versions = versionsOf(await requestText({ url, headers: repository.headers, signal: ctx.signal }));
    return versions.length > 0 ? versions : 'no list';
  } catch (error) {
    ctx.signal.throwIfAborted();
    return error instanceof HttpError && error.status === 404 ? 'no artifact' : 'no list';
  }
}
