import { rm } from 'node:fs/promises';
import type { Step } from '../domain/outcome.ts';
import type { Artefact } from '../domain/release.ts';
import { notBuilt } from '../domain/step-error.ts';
import { explainDiskError } from './cache-errors.ts';
import { partialFile } from './cache-temporary.ts';
import type { ReleasesContext } from './context.ts';
import { once } from '../support/once.ts';
import { download, megabytes, sumsOf, type Sums } from './download.ts';
import { HttpError, requestText, withRetries } from './http.ts';
import { artifactPath, jarName, parseCoordinate, type Coordinate } from './maven-coordinate.ts';
import { explainMavenError } from './maven-errors.ts';
import { mavenRepository, type MavenRepository } from './maven-repository.ts';
import { findObject, objectFile, storeObject, type Ref } from './objects.ts';

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
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  ctx.progress.say(`${name}: ${megabytes(sums.size)} MB from ${wanted.repository.from} in ${seconds} s`);
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

async function fetchAndCompare(
  wanted: Wanted,
  file: string,
  ctx: ReleasesContext,
): Promise<{ sums: Sums; wrong?: string }> {
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
