import type { Step } from '../domain/outcome.ts';
import { blocked, notBuilt, StepError } from '../domain/step-error.ts';
import type { ReleasesContext } from './context.ts';
import { ConnectionError, HttpError, requestText } from './http.ts';
import { artifactPath, jarName, type Coordinate } from './maven-coordinate.ts';
import type { MavenRepository } from './maven-repository.ts';
import { nearVersions, versionsOf } from './maven-versions.ts';

interface Failed {
  readonly coordinate: Coordinate;
  readonly repository: MavenRepository;
  readonly step: Step;
}

/** Throws what a failed download means for a cell: the coordinate is wrong (not-built), or the repository is (blocked). */
export async function explainMavenError(error: unknown, failed: Failed, ctx: ReleasesContext): Promise<never> {
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
    throw notBuilt(step, `${coordinate.text} is not in ${where}, which does not say what versions it has.`, { cause });
  }
  const all = `All: ${versions.join(', ')}.`;
  if (versions.includes(version)) {
    throw notBuilt(step, `${coordinate.text}: ${where} lists the version, but not ${jarName(coordinate)}. ${all}`, {
      cause,
    });
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
