import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blocked } from '../domain/step-error.ts';
import { homeFolder } from './cache-folder.ts';
import type { ReleasesContext } from './context.ts';
import { once } from '../support/once.ts';
import { CENTRAL, mirrorOfCentral, parseMavenSettings, type Mirror } from './maven-settings.ts';
import { messageOf } from '../support/words.ts';
import { variable } from '../domain/environment.ts';

/** A Maven repository to read from. */
export interface MavenRepository {
  /** Without credentials, without a slash at its end. */
  readonly url: string;
  /** Where its address was read, for messages: `COMPAT_MAVEN_REPOSITORY`. */
  readonly from: string;
  /** Request headers: authorisation, or none. */
  readonly headers: Readonly<Record<string, string>>;
  /** Safe as a folder's name; different repositories have different ones. */
  readonly id: string;
}

/**
 * The repository of this run: `COMPAT_MAVEN_REPOSITORY`, else the mirror of Central in `~/.m2/settings.xml`, else Central.
 * @throws StepError blocked when one of these cannot be understood
 */
export async function mavenRepository(ctx: ReleasesContext): Promise<MavenRepository> {
  return once(ctx.known.repositories, 'maven', () => findRepository(ctx));
}

async function findRepository({ env }: ReleasesContext): Promise<MavenRepository> {
  const own = variable(env, 'COMPAT_MAVEN_REPOSITORY');
  if (own) return repositoryOf({ url: own, from: 'COMPAT_MAVEN_REPOSITORY' });
  const settings = join(homeFolder(env), '.m2', 'settings.xml');
  const mirror = mirrorOfCentral(await readMirrors(settings, env));
  if (!mirror) return repositoryOf({ url: CENTRAL.url, from: 'Maven Central' });
  return repositoryOf({ ...mirror, from: `mirror ${mirror.id} of ${settings}` });
}

async function readMirrors(settings: string, env: ReleasesContext['env']): Promise<readonly Mirror[]> {
  const xml = await readFile(settings, 'utf8').catch(() => undefined);
  if (xml === undefined) return [];
  try {
    return parseMavenSettings(xml, env);
  } catch (cause) {
    const why = messageOf(cause);
    throw blocked('resolve', `${settings} cannot be read: ${why}. Mend it, or set COMPAT_MAVEN_REPOSITORY.`, { cause });
  }
}

function repositoryOf(
  source: Pick<Mirror, 'url' | 'username' | 'password'> & { readonly from: string },
): MavenRepository {
  const url = URL.canParse(source.url) ? new URL(source.url) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw blocked(
      'resolve',
      `${source.from} is ${JSON.stringify(source.url)}: not an http(s) address of a Maven repository.`,
    );
  }
  const username = source.username ?? decodeURIComponent(url.username);
  const password = source.password ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  const address = url.href.replace(/\/+$/, '');
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  return {
    url: address,
    from: source.from,
    headers: username ? { authorization: `Basic ${basic}` } : {},
    id: `${url.hostname}-${createHash('sha256').update(address).digest('hex').slice(0, 8)}`,
  };
}
