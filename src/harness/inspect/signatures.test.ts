import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeJar } from '../../../test/rig/releases-rig.ts';
import { temporaryFolder } from '../../../test/rig/temporary-folder.ts';
import { readJarFacts } from './jar-facts.ts';
import { isOfDevelopment, type Signatures } from './signatures.ts';

const FILES = { 'a/A.class': 'first', 'a/B.class': 'second' };
const HEAD = 'Manifest-Version: 1.0\r\n\r\n';

function digest(content: string, algorithm = 'sha256'): string {
  return createHash(algorithm).update(content).digest('base64');
}

const sections = Object.entries(FILES).map(([name, content]) => {
  return `Name: ${name}\r\nSHA-256-Digest: ${digest(content)}\r\n\r\n`;
});
const MANIFEST = HEAD + sections.join('');
/** As jarsigner writes it, but for the signature itself. */
const SIGNATURE_FILE = [
  'Signature-Version: 1.0',
  `SHA-256-Digest-Manifest-Main-Attributes: ${digest(HEAD)}`,
  `SHA-256-Digest-Manifest: ${digest(MANIFEST)}`,
  '',
  ...Object.keys(FILES).flatMap((name, index) => [
    `Name: ${name}`,
    `SHA-256-Digest: ${digest(sections[index] ?? '')}`,
    '',
  ]),
  '',
].join('\r\n');

const SIGNED = {
  'META-INF/MANIFEST.MF': MANIFEST,
  'META-INF/ME.SF': SIGNATURE_FILE,
  'META-INF/ME.RSA': 'no signature',
  ...FILES,
};

async function signaturesOf(files: Record<string, string>): Promise<Signatures> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'a.jar');
  await writeFile(file, await makeJar(files));
  return (await readJarFacts(file)).signatures;
}

test('a jar without a block of signatures is unsigned, whatever its manifest lists', async () => {
  expect(await signaturesOf({ 'META-INF/MANIFEST.MF': MANIFEST, ...FILES, 'a/A.class': 'changed' })).toEqual({
    signed: false,
    signers: [],
  });
});

test('a jar as it was signed is whole', async () => {
  expect(await signaturesOf(SIGNED)).toEqual({ signed: true, signers: [] });
  const added = {
    ...SIGNED,
    'META-INF/MANIFEST.MF': `${MANIFEST}Name: c.txt\r\nSHA-256-Digest: ${digest('c')}\r\n\r\n`,
  };
  expect(await signaturesOf(added), 'with a section more').toEqual({ signed: true, signers: [] });
});

test('each other digest counts too', async () => {
  const manifest = MANIFEST.replace(/SHA-256-Digest: .*/, `SHA1-Digest: ${digest('first', 'sha1')}`);
  const files = { ...SIGNED, 'META-INF/MANIFEST.MF': manifest, 'META-INF/ME.SF': 'Signature-Version: 1.0\r\n\r\n' };
  expect((await signaturesOf(files)).broken).toBeUndefined();
  expect((await signaturesOf({ ...files, 'a/A.class': 'changed' })).broken).toMatch('a/A.class is not the file');
});

test.each([
  ['a file', { 'a/B.class': 'changed' }, 'a/B.class is not the file that was signed'],
  [
    'the head of the manifest',
    { 'META-INF/MANIFEST.MF': `Added: x\r\n${MANIFEST}` },
    'the head of its manifest is not what was signed',
  ],
  [
    'a file and its line in the manifest',
    { 'a/B.class': 'new', 'META-INF/MANIFEST.MF': MANIFEST.replace(digest('second'), digest('new')) },
    "its manifest's section of a/B.class is not what was signed",
  ],
  ['the signature file, which is gone', { 'META-INF/ME.SF': '' }, 'META-INF/ME.RSA has no signature file beside it'],
])('who changed %s broke the signature', async (_what, changes, broken) => {
  expect((await signaturesOf({ ...SIGNED, ...changes })).broken).toBe(broken);
});

test('a jar is of development if no other key signed it', () => {
  const key = 'aa59d829f2ca8fddf5abea40d815f937e3e54e572b65b93b5c216ae6594e7d6b';
  const signedBy = (...keys: readonly string[]): Signatures => {
    return { signed: keys.length > 0, signers: keys.map((each) => ({ name: 'CN=x', key: each })) };
  };
  expect([signedBy(key), signedBy(key, '00'), signedBy('00'), signedBy()].map(isOfDevelopment)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
