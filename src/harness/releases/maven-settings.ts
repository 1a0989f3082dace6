import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { Environment } from '../domain/environment.ts';

/** A mirror of a settings.xml, with the credentials of the server of the same id. */
export interface Mirror {
  readonly id: string;
  readonly url: string;
  readonly mirrorOf: string;
  readonly blocked: boolean;
  readonly username?: string;
  readonly password?: string;
}

/** Where releases come from unless something else is said. */
export const CENTRAL = { id: 'central', url: 'https://repo1.maven.org/maven2' };

const text = z.string().default('');
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value]),
    z.array(item),
  );
const mirrorSchema = z.object({ id: text, url: text, mirrorOf: text, blocked: text });
const serverSchema = z.object({ id: text, username: text, password: text });
/** An empty element reads as an empty string. */
const section = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? {} : (value ?? {})), schema);
const settingsSchema = z.object({
  // Missing altogether, it is another kind of file.
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
  // Maven's own default blocks plain-http repositories; a blocked mirror never gives anything, and Central is https.
  const open = mirrors.filter((mirror) => !mirror.blocked);
  return (
    open.find((mirror) => mirror.mirrorOf.trim() === CENTRAL.id) ??
    open.find((mirror) => matchesCentral(mirror.mirrorOf))
  );
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
