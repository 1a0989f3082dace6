import { createDecipheriv, createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { Environment } from '../config/variables.ts';
import { blocked } from '../support/step-error.ts';
import { messageOf } from '../support/words.ts';
import { homeFolder } from './cache-folder.ts';

/** Maven encrypts the key of passwords itself by this. */
const KEY_OF_KEYS = 'settings.security';
const SALT_BYTES = 8;
const HALF = 16;

/** In braces, with words around them or not. Maven 4 has fields in brackets first. */
const ENCRYPTED = /(?<!\\)\{(\[[^}]*|[A-Za-z0-9+/=]{16,})\}/;

const securitySchema = z.object({
  settingsSecurity: z.object({ master: z.string().optional(), relocation: z.string().optional() }),
});

/**
 * A password of settings.xml as a repository wants it: decrypted by settings-security.xml where Maven has encrypted it.
 * @param of whose it is, for messages
 * @throws StepError blocked
 */
export async function plainPassword(text: string, of: string, env: Environment): Promise<string> {
  if (!ENCRYPTED.test(text)) return text;
  try {
    return decrypt(text, decrypt(await masterPassword(securityFile(env)), KEY_OF_KEYS));
  } catch (cause) {
    const advice = 'Mend settings-security.xml, or set COMPAT_MAVEN_REPOSITORY to an address with user and password';
    throw blocked(
      'resolve',
      `The run failed to decrypt the password of ${of} (seen: ${messageOf(cause)}). ${advice}.`,
      {
        cause,
      },
    );
  }
}

function securityFile(env: Environment): string {
  return join(homeFolder(env), '.m2', 'settings-security.xml');
}

async function masterPassword(file: string, hops = 1): Promise<string> {
  const parsed: unknown = new XMLParser({ parseTagValue: false }).parse(await readFile(file, 'utf8'));
  const { master, relocation } = securitySchema.safeParse(parsed).data?.settingsSecurity ?? {};
  if (relocation && hops > 0) return await masterPassword(relocation, hops - 1);
  if (!master) throw new Error(`${file} has no master password`);
  return master;
}

/** As Maven 3 encrypts: a salt, the number of bytes of padding at the end, AES by a digest of password and salt. */
function decrypt(text: string, password: string): string {
  const [, inside = ''] = ENCRYPTED.exec(text) ?? [];
  if (inside.startsWith('[')) throw new Error('it is encrypted as Maven 4 does, which this program does not know');
  const bytes = Buffer.from(inside, 'base64');
  const salt = bytes.subarray(0, SALT_BYTES);
  const digest = createHash('sha256').update(password).update(salt).digest();
  const cipher = createDecipheriv('aes-128-cbc', digest.subarray(0, HALF), digest.subarray(HALF));
  const encrypted = bytes.subarray(SALT_BYTES + 1, bytes.length - (bytes[SALT_BYTES] ?? 0));
  return Buffer.concat([cipher.update(encrypted), cipher.final()]).toString('utf8');
}
