import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exists, isWithin, makePrivateFolder, removeFolder, removeIfEmpty, writeDurably } from './files.ts';
import { withLimit } from './wait.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});

afterEach(() => rm(folder, { recursive: true }));

test('a private folder is made, and accepted when it is there', async () => {
  const path = join(folder, 'a/b');
  await makePrivateFolder(path);
  await expect(makePrivateFolder(path)).resolves.toBeUndefined();
});

test('a folder open to others, a link and a file are refused', async () => {
  const open = join(folder, 'open');
  await mkdir(open);
  await chmod(open, 0o755);
  await expect(makePrivateFolder(open)).rejects.toThrow(/open to other users/);
  await symlink(open, join(folder, 'link'));
  await expect(makePrivateFolder(join(folder, 'link'))).rejects.toThrow(/is not a folder/);
  await writeFile(join(folder, 'file'), '');
  await expect(makePrivateFolder(join(folder, 'file'))).rejects.toThrow();
});

test('a folder is removed with all below it; a link in it is not followed', async () => {
  const [path, kept] = [join(folder, 'x'), join(folder, 'kept')];
  await mkdir(join(path, 'y'), { recursive: true });
  await mkdir(kept);
  await writeFile(join(kept, 'file'), '');
  await symlink(kept, join(path, 'y/link'));
  await removeFolder(path, 5_000);
  expect([await exists(path), await exists(join(kept, 'file'))]).toEqual([false, true]);
  await expect(removeFolder(path, 5_000)).resolves.toBeUndefined();
});

test.each(['/', homedir(), process.cwd(), tmpdir(), 'relative', ''])('never removed: %j', async (path) => {
  await expect(removeFolder(path, 1_000)).rejects.toThrow(/refused to remove/);
});

test('only an empty folder is removed if empty', async () => {
  await mkdir(join(folder, 'full/empty'), { recursive: true });
  await removeIfEmpty(join(folder, 'full'));
  expect(await exists(join(folder, 'full/empty'))).toBe(true);
  await removeIfEmpty(join(folder, 'full/empty'));
  await removeIfEmpty(join(folder, 'full/empty'));
  expect(await exists(join(folder, 'full/empty'))).toBe(false);
});

test('a file is replaced whole', async () => {
  await writeDurably(join(folder, 'f'), 'one');
  await writeDurably(join(folder, 'f'), 'two');
  expect(await readFile(join(folder, 'f'), 'utf8')).toBe('two');
  expect(await readdir(folder)).toEqual(['f']);
});

test('within is told by folders, not by letters', () => {
  expect([isWithin('/a/b', '/a/b'), isWithin('/a/b', '/a/b/c/../d'), isWithin('/a/b', '/a/b/..c')]).toEqual([
    true,
    true,
    true,
  ]);
  expect([isWithin('/a/b', '/a/bc'), isWithin('/a/b', '/a/b/../c'), isWithin('/a/b', '/')]).toEqual([
    false,
    false,
    false,
  ]);
});

test('a limit names what was waited for', async () => {
  await expect(withLimit(new Promise(() => undefined), { name: 'the end', limit: 20 })).rejects.toThrow(
    'the end: not done within 0.02 s',
  );
  await expect(withLimit(Promise.resolve(1), { name: 'one', limit: 1_000 })).resolves.toBe(1);
});
