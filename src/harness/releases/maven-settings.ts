import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { Environment } from '../config/variables.ts';
import { blocked } from '../support/step-error.ts';
import { messageOf } from '../support/words.ts';
import { homeFolder } from './cache-folder.ts';

/** What this program takes from a settings.xml of Maven. Passwords may be encrypted: see `plainPassword`. */
export interface MavenSettings {
  readonly mirrors: readonly Mirror[];
  /** Those that are active, in their order. */
  readonly proxies: readonly MavenProxy[];
}

/** The user's own settings.xml; an empty one where there is none. @throws StepError blocked when it cannot be read */
export async function mavenSettings(env: Environment): Promise<MavenSettings & { readonly file: string }> {
  const file = join(homeFolder(env), '.m2', 'settings.xml');
  const xml = await readFile(file, 'utf8').catch(() => undefined);
  try {
    return { file, ...(xml === undefined ? { mirrors: [], proxies: [] } : parseMavenSettings(xml, env)) };
  } catch (cause) {
    const why = messageOf(cause);
    throw blocked('resolve', `${file} cannot be read: ${why}. Mend it, or set COMPAT_MAVEN_REPOSITORY.`, { cause });
  }
}

/** A mirror of a settings.xml, with the credentials of the server of the same id. */
export interface Mirror {
  readonly id: string;
  readonly url: string;
  readonly mirrorOf: string;
  readonly blocked: boolean;
  readonly username?: string;
  readonly password?: string;
}

/** A proxy of a settings.xml. */
export interface MavenProxy {
  /** Of the addresses that go by it: `http`, `https`. */
  readonly protocol: string;
  readonly host: string;
  readonly port: string;
  readonly username: string;
  readonly password: string;
  /** `*.example|localhost` */
  readonly nonProxyHosts: string;
}

const text = z.string().default('');
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (value === undefined ? [] : [value].flat()), z.array(item));
const mirrorSchema = z.object({ id: text, url: text, mirrorOf: text, blocked: text });
const serverSchema = z.object({ id: text, username: text, password: text });
const proxySchema = z.object({
  active: text,
  protocol: z.string().default('http'),
  host: text,
  port: z.string().default('8080'),
  username: text,
  password: text,
  nonProxyHosts: text,
});
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
      proxies: section(z.object({ proxy: listOf(proxySchema) })),
    }),
  ),
});

/**
 * The mirrors and proxies of a settings.xml in its order, `${env.NAME}` and `${user.home}` filled in.
 * @throws Error when it is no settings.xml
 */
export function parseMavenSettings(xml: string, env: Environment): MavenSettings {
  const parser = new XMLParser({ parseTagValue: false, trimValues: true });
  const { mirrors, servers, proxies } = settingsSchema.parse(parser.parse(xml)).settings;
  const filled = (value: string): string => fillIn(value, env);
  return {
    mirrors: mirrors.mirror.map(({ id, url, mirrorOf, blocked }) => {
      const server = servers.server.find((candidate) => candidate.id === id);
      const { username, password } = server ?? { username: '', password: '' };
      const credentials = username ? { username: filled(username), password: filled(password) } : {};
      return { id, url: filled(url), mirrorOf, blocked: blocked === 'true', ...credentials };
    }),
    proxies: proxies.proxy
      .filter(({ active, host }) => active !== 'false' && host !== '')
      .map(({ host, username, password, ...more }) => ({
        ...more,
        ...{ host: filled(host), username: filled(username), password: filled(password) },
      })),
  };
}

function fillIn(value: string, env: Environment): string {
  return value
    .replace(/\$\{env\.([^}]+)\}/g, (whole, name: string) => env[name] ?? whole)
    .replaceAll('${user.home}', env['HOME'] ?? '');
}
