import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Ledger } from '../cleanup/ledger.ts';
import { refuseForeignFolder, writeConfigFolder } from './make-config.ts';

const never = new AbortController().signal;

async function place(): Promise<{ folder: string; above: string; ledger: Ledger; open: Map<string, string> }> {
  const above = await mkdtemp(join(tmpdir(), 'compat-write-'));
  onTestFinished(() => rm(above, { recursive: true }));
  const open = new Map<string, string>();
  const ledger: Ledger = {
    record: async (creation) => {
      const path = creation.kind === 'folder' ? creation.path : '';
      open.set(path, path);
      // It is in the ledger before it is there.
      await expect(stat(path)).rejects.toThrow(/ENOENT/);
      return path;
    },
    addProcess: () => Promise.resolve(),
    undone: (entry) => Promise.resolve(void open.delete(entry)),
  };
  return { folder: join(above, 'config'), above, ledger, open };
}

test('files are there for their owner alone, and a second time replaces them all', async () => {
  const { folder, above, ledger, open } = await place();
  await writeConfigFolder(
    folder,
    new Map([
      ['a/one.yaml', 'one'],
      ['two.yaml', 'two'],
    ]),
    { ledger, signal: never },
  );
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'a/one.yaml'))).mode & 0o777).toBe(0o600);
  await writeConfigFolder(folder, new Map([['three.yaml', '3']]), { ledger, signal: never });
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(['.corda-compat', 'three.yaml']);
  expect(await readFile(join(folder, 'three.yaml'), 'utf8')).toBe('3');
  expect(await readdir(above)).toEqual(['config']);
  expect(open.size).toBe(0);
});

test('what was interrupted leaves the former files as they are, and nothing beside them', async () => {
  const { folder, above, ledger, open } = await place();
  await writeConfigFolder(folder, new Map([['one.yaml', 'one']]), { ledger, signal: never });
  const stop = new AbortController();
  stop.abort(new Error('interrupted by SIGINT'));
  const again = writeConfigFolder(folder, new Map([['two.yaml', 'two']]), { ledger, signal: stop.signal });
  await expect(again).rejects.toThrow('interrupted by SIGINT');
  expect((await readdir(folder)).sort()).toEqual(['.corda-compat', 'one.yaml']);
  expect(await readdir(above)).toEqual(['config']);
  expect(open.size).toBe(0);
});

test('a folder of somebody else is refused, and so is a file of somebody else in ours', async () => {
  const { folder, ledger } = await place();
  await mkdir(folder);
  await refuseForeignFolder(folder);
  await writeFile(join(folder, 'mine.yaml'), '');
  const write = () => writeConfigFolder(folder, new Map([['one.yaml', '']]), { ledger, signal: never });
  await expect(write()).rejects.toThrow(
    /holds files that corda-compat has not written \(mine\.yaml\)\. Name another folder/,
  );
  await rm(join(folder, 'mine.yaml'));
  await write();
  await writeFile(join(folder, 'mine.yaml'), '');
  await expect(write()).rejects.toThrow(/mine\.yaml/);
});

test('a file is no folder', async () => {
  const { folder } = await place();
  await writeFile(folder, '');
  await expect(refuseForeignFolder(folder)).rejects.toThrow(/is a file: name a folder with --out/);
});
