import { appendFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkCapacity, THIS_MACHINE } from './local-provider.ts';
import { ConsoleLog, wholeCharacters } from '../../support/console-log.ts';
import { readNodeFile } from './local-space.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('capacity', () => {
  const machine = (memory: number, disk: number) => ({
    availableMemoryMb: () => memory,
    freeDiskMb: () => Promise.resolve(disk),
  });
  const demand = { nodesMb: [700, 700], promisedMb: 0, root: '/tmp/x' };

  test('enough is enough', async () => {
    await expect(checkCapacity(machine(1656, 600), demand)).resolves.toBeUndefined();
  });

  test('too little memory: blocked, with both figures and what to do', async () => {
    await expect(checkCapacity(machine(1655, 600), demand)).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'space',
        message: expect.stringMatching(/needs 1656 MB.*1655 MB available\. End/) as string,
      },
    });
  });

  test('what other cells were promised is not there to be had', async () => {
    await expect(checkCapacity(machine(1656, 600), { ...demand, promisedMb: 10.5 })).rejects.toThrow(
      /needs 1667 MB.*11 MB promised/,
    );
  });

  test('too little disk: blocked, naming the folder', async () => {
    await expect(checkCapacity(machine(9999, 599), demand)).rejects.toThrow(
      /needs 600 MB of disk.*\/tmp\/x, 599 MB free/,
    );
  });

  test('the disk is asked for a folder that is not there yet', async () => {
    expect(await THIS_MACHINE.freeDiskMb(join(folder, 'a/b/c'))).toBeGreaterThan(0);
  });
});

describe('console log', () => {
  test('is read on from any character while it grows, also within a character', async () => {
    const file = join(folder, 'log');
    const log = new ConsoleLog(file);
    expect(await log.read()).toBe('');
    const euro = Buffer.from('€');
    await writeFile(file, Buffer.concat([Buffer.from('grün '), euro.subarray(0, 2)]));
    expect(await log.read()).toBe('grün ');
    await appendFile(file, euro.subarray(2));
    expect(await log.read(5)).toBe('€');
    await appendFile(file, '!');
    expect(await log.read(6)).toBe('!');
    expect(await log.read(2)).toBe('ün €!');
    expect(await log.read(100)).toBe('');
  });

  test('bytes that are no UTF-8 do not shift what follows', async () => {
    const file = join(folder, 'log');
    await writeFile(file, Buffer.from([0x41, 0xff, 0xfe, 0x42]));
    const log = new ConsoleLog(file);
    const { length } = await log.read();
    await appendFile(file, 'next');
    expect(await log.read(length)).toBe('next');
  });

  test.each([
    ['', 0],
    ['a', 1],
    ['ü', 2],
    ['😀', 4],
  ])('only whole characters of %j', (text, length) => {
    const bytes = Buffer.from(text);
    expect(wholeCharacters(bytes).length).toBe(length);
    for (let cut = 1; cut < length; cut += 1) expect(wholeCharacters(bytes.subarray(0, cut)).length).toBe(0);
  });
});

test('a link that leads out of the base directory is refused', async () => {
  await symlink('/etc', join(folder, 'out'));
  await expect(readNodeFile(folder, 'out/hostname')).rejects.toThrow(/out of/);
  expect(await readNodeFile(folder, 'out/../none')).toBeUndefined();
});
