import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder as testFolder } from '../../../test/rig/temporary-folder.ts';
import { openCache, type Cache } from './cache.ts';
import { cacheFolder } from './cache-folder.ts';

const NAME = { kind: 'kit', key: 'abc' };

async function setUp() {
  const folder = await testFolder();
  const abort = new AbortController();
  const said: string[] = [];
  const open = (env: Record<string, string> = {}): Promise<Cache> =>
    openCache({
      env: { COMPAT_CACHE: join(folder.path, 'cache'), ...env },
      progress: { say: (text) => void said.push(text) },
      signal: abort.signal,
    });
  return { folder: folder.path, abort, said, open, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function leftovers(cache: Cache): Promise<readonly string[]> {
  const folders = await Promise.all(
    ['temporary', 'locks'].map((name) => readdir(join(cache.folder, name)).catch(() => [])),
  );
  return folders.flat();
}

const write = (text: string) => (folder: string) => writeFile(join(folder, 'file'), text);

describe('an entry of the cache', () => {
  test('is made once and found again', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    expect(await cache.find(NAME)).toBeUndefined();
    const path = await cache.entry(NAME, write('one'));
    expect(await cache.entry(NAME, write('two'))).toBe(path);
    expect(await (await rig.open()).find(NAME)).toBe(path);
    expect(await readFile(join(path, 'file'), 'utf8')).toBe('one');
    expect(await leftovers(cache)).toEqual([]);
  });

  test('is made by one maker when two want it at once', async () => {
    await using rig = await setUp();
    const [one, two] = [await rig.open(), await rig.open()];
    let made = 0;
    const make = async (folder: string): Promise<void> => {
      made += 1;
      await write('content')(folder);
    };
    const paths = await Promise.all([one, one, two].map((cache) => cache.entry(NAME, make)));
    expect(made).toBe(1);
    expect(new Set(paths).size).toBe(1);
  });

  test('knows its later path while it is made', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    let told = '';
    const path = await cache.entry(NAME, (folder, final) => {
      told = final;
      return write('x')(folder);
    });
    expect(told).toBe(path);
  });

  test('leaves nothing when its maker fails, and can be made afterwards', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    const failing = cache.entry(NAME, async (folder) => {
      await write('half')(folder);
      throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect(await leftovers(cache)).toEqual([]);
    expect(await cache.find(NAME)).toBeUndefined();
    await cache.entry(NAME, write('whole'));
  });

  test('leaves nothing when the run is interrupted', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    const making = cache.entry(NAME, async (folder) => {
      await write('all of it')(folder);
      rig.abort.abort(new Error('Ctrl-C'));
    });
    await expect(making).rejects.toThrow('Ctrl-C');
    expect(await leftovers(cache)).toEqual([]);
    expect(await cache.find(NAME)).toBeUndefined();
  });

  test('can be removed', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    await cache.entry(NAME, write('x'));
    await cache.remove(NAME);
    expect(await cache.find(NAME)).toBeUndefined();
  });

  test.each(['../../escape', 'a/b', '', '.hidden', 'x'.repeat(300), 'Corda 4.10'])(
    'may have any key: %j',
    async (key) => {
      await using rig = await setUp();
      const cache = await rig.open();
      const path = await cache.entry({ kind: 'kit', key }, write('x'));
      expect(path.startsWith(join(cache.folder, 'entries', 'kit', '/'))).toBe(true);
      expect(await cache.find({ kind: 'kit', key: `${key} other` })).toBeUndefined();
    },
  );

  test.runIf(process.platform === 'linux')('on a full disk: blocked, with the folder and what is free', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    const making = cache.entry({ ...NAME, step: 'java' }, () => writeFile('/dev/full', 'more than nothing'));
    await expect(making).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'java',
        message: expect.stringMatching(
          /cache folder .*\/cache is full \(ENOSPC, \d+ bytes free\).*COMPAT_CACHE/,
        ) as string,
      },
    });
    expect(await leftovers(cache)).toEqual([]);
  });
});

describe('what dead runs left', () => {
  test('a lock nobody renews is taken over; one that is held is waited for', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    const lock = join(cache.folder, 'locks', 'kit-abc.lock');
    await mkdir(lock, { recursive: true });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await cache.entry(NAME, write('x'));
    expect(rig.said).toEqual([]);

    const held = cache.exclusively('something', 'the work', async () => {
      const other = await rig.open();
      const waiting = other.exclusively('something', 'the work', () => Promise.resolve('second'));
      await expect.poll(() => rig.said).toEqual(['waiting for another run: the work']);
      return { waiting };
    });
    await expect((await held).waiting).resolves.toBe('second');
  });

  test('waiting ends at once when the run is interrupted', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    await cache.exclusively('something', 'the work', async () => {
      const waiting = cache.exclusively('something', 'the work', () => Promise.resolve());
      rig.abort.abort(new Error('Ctrl-C'));
      await expect(waiting).rejects.toThrow('Ctrl-C');
    });
  });

  test('temporary folders of dead processes are swept when the cache is opened; those of living ones stay', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    const name = (pid: number, started: string): string =>
      [hostname(), String(pid), started].map((part) => Buffer.from(part).toString('base64url')).join('.');
    const dead = join(cache.folder, 'temporary', `${name(process.pid, 'before this one')}.1`);
    await mkdir(dead, { recursive: true });
    await cache.entry(NAME, async (living) => {
      await rig.open();
      await expect(stat(dead)).rejects.toMatchObject({ code: 'ENOENT' });
      expect((await stat(living)).isDirectory()).toBe(true);
    });
  });

  test('locks that nobody has renewed for a minute are swept, younger ones stay', async () => {
    await using rig = await setUp();
    const locks = join((await rig.open()).folder, 'locks');
    for (const [name, age] of [
      ['dead', 61_000],
      ['living', 50_000],
    ] as const) {
      await mkdir(join(locks, `${name}.lock`), { recursive: true });
      const time = new Date(Date.now() - age);
      await utimes(join(locks, `${name}.lock`), time, time);
    }
    await rig.open();
    expect(await readdir(locks)).toEqual(['living.lock']);
  });

  test('partial downloads are kept for days, not for ever', async () => {
    await using rig = await setUp();
    const cache = await rig.open();
    const partial = join(cache.folder, 'partial');
    await mkdir(partial);
    await writeFile(join(partial, 'new'), '');
    await writeFile(join(partial, 'old'), '');
    const lastMonth = new Date(Date.now() - 30 * 24 * 3600_000);
    await utimes(join(partial, 'old'), lastMonth, lastMonth);
    await rig.open();
    expect(await readdir(partial)).toEqual(['new']);
  });
});

describe('the folder', () => {
  test.each([
    [{ COMPAT_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, 'linux', '/c'],
    [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, 'darwin', '/x/corda-compat'],
    [{ HOME: '/h' }, 'linux', '/h/.cache/corda-compat'],
    [{ HOME: '/h' }, 'darwin', '/h/Library/Caches/corda-compat'],
    [{ COMPAT_CACHE: '', HOME: '/h' }, 'linux', '/h/.cache/corda-compat'],
  ] as const)('%o on %s is %s', (env, platform, folder) => {
    expect(cacheFolder(env, platform)).toBe(folder);
  });

  test('that cannot be written: blocked, with what to do', async () => {
    await using rig = await setUp();
    await writeFile(join(rig.folder, 'file'), '');
    await expect(rig.open({ COMPAT_CACHE: join(rig.folder, 'file', 'cache') })).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        message: expect.stringMatching(/file\/cache cannot be written \(ENOTDIR.*Set COMPAT_CACHE/) as string,
      },
    });
  });
});
