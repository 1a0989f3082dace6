import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { blocked, notBuilt, type Step } from '../support/step-error.ts';
import { homeFolder } from './cache-folder.ts';
import type { ReleasesContext } from './context.ts';
import { once } from '../support/once.ts';
import { messageOf } from '../support/words.ts';
import { variable, type Environment } from '../config/variables.ts';

/** A Maven repository to read from. */
export interface MavenRepository {
  /** Without credentials, without a slash at its end. */
  readonly url: string;
  /** The place where its address was read, for messages: `COMPAT_MAVEN_REPOSITORY`. */
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

function repositoryOf(source: Pick<Mirror, 'url' | 'username' | 'password'> & { readonly from: string }) {
  const url = URL.canParse(source.url) ? new URL(source.url) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    const found = `${source.from} is ${JSON.stringify(source.url)}`;
    throw blocked('resolve', `${found}: not an http(s) address of a Maven repository.`);
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

/** A mirror of a settings.xml, with the credentials of the server of the same id. */
interface Mirror {
  readonly id: string;
  readonly url: string;
  readonly mirrorOf: string;
  readonly blocked: boolean;
  readonly username?: string;
  readonly password?: string;
}

/** The source of releases if the user names no other. */
const CENTRAL = { id: 'central', url: 'https://repo1.maven.org/maven2' };

const text = z.string().default('');
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (value === undefined ? [] : [value].flat()), z.array(item));
const mirrorSchema = z.object({ id: text, url: text, mirrorOf: text, blocked: text });
const serverSchema = z.object({ id: text, username: text, password: text });
/** An empty element reads as an empty string. */
const section = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? {} : (value ?? {})), schema);
const settingsSchema = z.object({
  // If the element is missing altogether, the file is of another kind.
  settings: z.preprocess(
    (value) => (value === '' ? {} : value),
    z.object({
      mirrors: section(z.object({ mirror: listOf(mirrorSchema) })),
      servers: section(z.object({ server: listOf(serverSchema) })),
    }),
  ),
});

/**
 * The mirrors of a settings.xml in its order, `${env.NAME}` and `${user.home}` filled in.
 * @throws Error when it is no settings.xml
 */
export function parseMavenSettings(xml: string, env: Environment): readonly Mirror[] {
  const parser = new XMLParser({ parseTagValue: false, trimValues: true });
  const { mirrors, servers } = settingsSchema.parse(parser.parse(xml)).settings;
  return mirrors.mirror.map(({ id, url, mirrorOf, blocked }) => {
    const server = servers.server.find((candidate) => candidate.id === id);
    const { username, password } = server ?? { username: '', password: '' };
    const credentials = username ? { username: fillIn(username, env), password: fillIn(password, env) } : {};
    return { id, url: fillIn(url, env), mirrorOf, blocked: blocked === 'true', ...credentials };
  });
}

/** The mirror that stands for Maven Central: one named for it first, else the first whose pattern fits, as Maven does. */
export function mirrorOfCentral(mirrors: readonly Mirror[]): Mirror | undefined {
  // Maven's own default blocks plain-http repositories. A blocked mirror serves nothing, and Central is https.
  const open = mirrors.filter((mirror) => !mirror.blocked);
  const named = open.find((mirror) => mirror.mirrorOf.trim() === CENTRAL.id);
  return named ?? open.find((mirror) => matchesCentral(mirror.mirrorOf));
}

function matchesCentral(mirrorOf: string): boolean {
  const patterns = mirrorOf.split(',').map((pattern) => pattern.trim());
  if (patterns.includes(`!${CENTRAL.id}`)) return false;
  // `external:*` is everything that is not on this machine; `external:http:*` only what is fetched without TLS.
  return patterns.some((pattern) => [CENTRAL.id, '*', 'external:*'].includes(pattern));
}

function fillIn(value: string, env: Environment): string {
  return value
    .replace(/\$\{env\.([^}]+)\}/g, (whole, name: string) => env[name] ?? whole)
    .replaceAll('${user.home}', env['HOME'] ?? '');
}

/** `group:artifact:version[:classifier]`, taken apart; always a jar. */
export interface Coordinate {
  readonly text: string;
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  readonly classifier?: string;
}

const PART = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

/** @throws StepError not-built for anything that is no coordinate, and for snapshots */
export function parseCoordinate(text: string, step: Step): Coordinate {
  const [group, artifact, version, classifier, ...rest] = text.split(':');
  const isWhole = [group, artifact, version, ...(classifier === undefined ? [] : [classifier])].every(isPart);
  if (rest.length > 0 || !isWhole || group === undefined || artifact === undefined || version === undefined) {
    const advice = 'write group:artifact:version, or :classifier after it';
    throw notBuilt(step, `${JSON.stringify(text)} is no Maven coordinate: ${advice}.`);
  }
  if (version.endsWith('-SNAPSHOT')) {
    throw notBuilt(step, `${text}: a snapshot changes from day to day. Name the jar file itself: { "jar": "path" }.`);
  }
  return { text, group, artifact, version, ...(classifier === undefined ? {} : { classifier }) };
}

/** `corda-finance-contracts-4.8.jar` */
export function jarName({ artifact, version, classifier }: Coordinate): string {
  return `${[artifact, version, ...(classifier === undefined ? [] : [classifier])].join('-')}.jar`;
}

/** `net/corda/corda`: where a repository keeps all versions of an artifact. */
export function artifactPath({ group, artifact }: Pick<Coordinate, 'group' | 'artifact'>): string {
  return `${group.replaceAll('.', '/')}/${artifact}`;
}

function isPart(part: string | undefined): boolean {
  return part !== undefined && PART.test(part) && !part.includes('..');
}
