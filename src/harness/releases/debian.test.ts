import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/rig/temporary-folder.ts';
import { sha256InRelease, debianMirror, debianUris, unpackDeb } from './debian.ts';

const signal = new AbortController().signal;

test.each([
  ['Types: deb\nURIs: http://deb.debian.org/debian/\nSuites: bookworm', ['http://deb.debian.org/debian']],
  ['URIs: https://a.example/debian https://b.example/debian', ['https://a.example/debian', 'https://b.example/debian']],
  ['deb [arch=amd64] http://ftp.example/debian bookworm main', ['http://ftp.example/debian']],
  ['# deb http://ftp.example/debian bookworm main', []],
  ['deb http://security.debian.org/debian-security x main\ndeb http://archive.ubuntu.com/ubuntu noble main', []],
  ['deb cdrom:[Debian]/debian bookworm main', []],
])('the main archive in %j', (text, uris) => {
  expect(debianUris(text)).toEqual(uris);
});

test("the mirror: named, the machine's own, Debian's", async () => {
  await using folder = await temporaryFolder();
  expect(await debianMirror({ COMPAT_DEBIAN_MIRROR: 'http://m/debian/' }, folder.path)).toMatchObject({
    url: 'http://m/debian',
  });
  expect(await debianMirror({}, folder.path)).toEqual({ url: 'https://deb.debian.org/debian', from: 'default' });
  const parts = join(folder.path, 'sources.list.d');
  await mkdir(parts);
  await writeFile(join(parts, 'a.sources.disabled'), 'URIs: http://disabled/debian');
  await writeFile(join(parts, 'b.sources'), 'URIs: http://own/debian');
  expect(await debianMirror({}, folder.path)).toEqual({ url: 'http://own/debian', from: join(parts, 'b.sources') });
});

test('the checksum of an index: from the SHA256 section, for just that file', () => {
  const release = [
    'Origin: Debian',
    'MD5Sum:',
    ' aaa 10 main/binary-amd64/Packages.gz',
    'SHA256:',
    ' bbb 20 main/binary-amd64/Packages',
    ' ccc 10 main/binary-amd64/Packages.gz',
    'Other: x',
    ' ddd 10 main/binary-arm64/Packages.gz',
  ].join('\n');
  expect(sha256InRelease(release, 'main/binary-amd64/Packages.gz')).toBe('ccc');
  expect(sha256InRelease(release, 'main/binary-arm64/Packages.gz')).toBeUndefined();
});

test('a package is unpacked without any tool of Debian', async () => {
  await using folder = await temporaryFolder();
  const source = join(folder.path, 'source');
  await mkdir(join(source, 'usr/lib'), { recursive: true });
  await writeFile(join(source, 'usr/lib/file'), 'content');
  const data = join(folder.path, 'data.tar.gz');
  await execa('tar', ['-czf', data, '-C', source, '.']);
  const file = join(folder.path, 'a.deb');
  await writeFile(
    file,
    arOf({
      'debian-binary': Buffer.from('2.0\n'),
      'control.tar.gz': Buffer.from('odd'),
      'data.tar.gz': await readFile(data),
    }),
  );
  await unpackDeb({ file, folder: join(folder.path, 'out'), signal, tool: 'tar' });
  expect(await readFile(join(folder.path, 'out/usr/lib/file'), 'utf8')).toBe('content');
});

test.each([
  ['no package', Buffer.from('<html>'), /no Debian package/],
  ['no data', arOf({ 'debian-binary': Buffer.from('2.0\n') }), /has no data\.tar/],
])('%s is told', async (_what, content, words) => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'a.deb');
  await writeFile(file, content);
  await expect(unpackDeb({ file, folder: join(folder.path, 'out'), signal, tool: 'tar' })).rejects.toThrow(words);
});

function arOf(members: Readonly<Record<string, Buffer>>): Buffer {
  const parts = Object.entries(members).flatMap(([name, content]) => [
    Buffer.from(
      `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`,
    ),
    content,
    Buffer.alloc(content.length % 2, '\n'),
  ]);
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}
