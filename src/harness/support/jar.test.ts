import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeJar } from '../../../test/rig/releases-rig.ts';
import { temporaryFolder } from '../../../test/rig/temporary-folder.ts';
import { NotAJar, withJar } from './jar.ts';

const FILES = { 'z.txt': 'first', 'folder/big.bin': Buffer.alloc(700_000, 'abc'), 'a.txt': 'last' };

test.each([
  ['a plain jar', ''],
  ['one behind a line of shell', '#!/bin/sh\n\nexec java -jar $0\n'],
])('%s is read in the order of the zip', async (_what, prefix) => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'a.jar');
  await writeFile(file, Buffer.concat([Buffer.from(prefix), await makeJar(FILES)]));
  await withJar(file, async (jar) => {
    expect(jar.names).toEqual(Object.keys(FILES));
    const [first, big, last, none] = await Promise.all(
      ['z.txt', 'folder/big.bin', 'a.txt', 'b.txt'].map((n) => jar.read(n)),
    );
    expect(first?.toString()).toBe('first');
    expect(big?.equals(FILES['folder/big.bin'])).toBe(true);
    expect(last?.toString()).toBe('last');
    expect(none).toBeUndefined();
    await expect(jar.stream('b.txt')).rejects.toThrow(`${file} has no b.txt`);
  });
});

test.each([
  ['empty', '', 'it is empty'],
  ['a page', '<html>\n<b>404</b>', '17 bytes that begin with "<html>.<b>404</b>"'],
  ['torn', 'PK\x03\x04', 'its zip is damaged'],
])('%s is no jar', async (_what, content, found) => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'a.jar');
  await writeFile(file, content);
  const reading = withJar(file, () => Promise.resolve());
  await expect(reading).rejects.toBeInstanceOf(NotAJar);
  await expect(reading).rejects.toThrow(found);
});
