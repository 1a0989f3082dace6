import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { download, sumsOf, type Download } from '../../src/harness/releases/download.ts';
import { DIRECTLY } from '../../src/harness/releases/web.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { cutAfter, firstTimes, startWebServer } from '../rig/web-server.ts';
import { sha1, sha256 } from '../rig/releases-rig.ts';

const CONTENT = Buffer.alloc(3_000_000, 'corda');

async function setUp() {
  const folder = await temporaryFolder();
  const server = await startWebServer({ '/a.jar': CONTENT });
  const said: string[] = [];
  const abort = new AbortController();
  const options: Download = {
    url: `${server.url}/a.jar`,
    web: () => Promise.resolve(DIRECTLY),
    file: join(folder.path, 'below', 'a.jar'),
    progress: { say: (text) => void said.push(text) },
    signal: abort.signal,
  };
  return {
    server,
    said,
    abort,
    options,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('a download', () => {
  test('brings the file', async () => {
    await using rig = await setUp();
    await download(rig.options);
    expect((await readFile(rig.options.file)).equals(CONTENT)).toBe(true);
    expect(rig.server.seen).toEqual([{ path: '/a.jar' }]);
  });

  test('goes on where the connection was cut', async () => {
    await using rig = await setUp();
    rig.server.behaviours.set('/a.jar', firstTimes(1, cutAfter(CONTENT, 1_000_000)));
    await download(rig.options);
    expect((await readFile(rig.options.file)).equals(CONTENT)).toBe(true);
    expect(rig.server.seen).toHaveLength(2);
    const from = Number(/^bytes=(\d+)-$/.exec(rig.server.seen[1]?.range ?? '')?.[1]);
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(1_000_000);
    expect(rig.said).toEqual([expect.stringMatching(/^a\.jar: .*trying again$/)]);
  });

  test('goes on with what an earlier run left', async () => {
    await using rig = await setUp();
    await download(rig.options);
    await writeFile(rig.options.file, CONTENT.subarray(0, 2_000_000));
    await download(rig.options);
    expect(rig.server.seen.at(-1)?.range).toBe('bytes=2000000-');
    expect((await readFile(rig.options.file)).equals(CONTENT)).toBe(true);
  });

  test('takes a file that is whole already', async () => {
    await using rig = await setUp();
    await download(rig.options);
    await download(rig.options);
    expect((await readFile(rig.options.file)).equals(CONTENT)).toBe(true);
  });

  test('starts again when the part is longer than the file', async () => {
    await using rig = await setUp();
    await download(rig.options);
    await writeFile(rig.options.file, Buffer.alloc(CONTENT.length + 5, 'x'));
    await download(rig.options);
    expect((await readFile(rig.options.file)).equals(CONTENT)).toBe(true);
  });

  test('starts again with a server that knows no ranges', async () => {
    await using rig = await setUp();
    await download(rig.options);
    await writeFile(rig.options.file, Buffer.alloc(1000, 'x'));
    rig.server.behaviours.set('/a.jar', (_seen, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT);
      return 'answered';
    });
    await download(rig.options);
    expect((await readFile(rig.options.file)).equals(CONTENT)).toBe(true);
  });

  test.each([500, 503, 429])('tries again after HTTP %i', async (status) => {
    await using rig = await setUp();
    rig.server.behaviours.set(
      '/a.jar',
      firstTimes(2, (_seen, response) => {
        response.writeHead(status).end();
        return 'answered';
      }),
    );
    await download(rig.options);
    expect(rig.server.seen).toHaveLength(3);
  });

  test.each([401, 403, 404])('does not try again after HTTP %i', async (status) => {
    await using rig = await setUp();
    rig.server.behaviours.set('/a.jar', (_seen, response) => {
      response.writeHead(status).end();
      return 'answered';
    });
    await expect(download(rig.options)).rejects.toThrow(`answered HTTP ${status}`);
    expect(rig.server.seen).toHaveLength(1);
  });

  test('ends when nothing comes any more, by its stall limit', async () => {
    await using rig = await setUp();
    rig.server.behaviours.set('/a.jar', (_seen, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 10));
      return 'answered';
    });
    await expect(download({ ...rig.options, stall: 200, retries: 0 })).rejects.toThrow('no byte for 0.2 s');
  });

  test('is aborted at once, while bytes come and while it waits to try again', async () => {
    await using rig = await setUp();
    rig.server.behaviours.set('/a.jar', (_seen, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 10));
      rig.abort.abort(new Error('Ctrl-C'));
      return 'answered';
    });
    await expect(download(rig.options)).rejects.toThrow('Ctrl-C');
    await expect(download(rig.options)).rejects.toThrow('Ctrl-C');
    expect(rig.server.seen).toHaveLength(1);
  });

  test.runIf(process.platform === 'linux')('does not try again on a full disk', async () => {
    await using rig = await setUp();
    await expect(download({ ...rig.options, file: '/dev/full' })).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(rig.server.seen).toHaveLength(1);
  });

  test('names a host that does not answer', async () => {
    await using rig = await setUp();
    const url = 'http://nowhere.invalid/a.jar';
    await expect(download({ ...rig.options, url, retries: 0 })).rejects.toThrow(/nowhere\.invalid/);
  });
});

test('checksums of a file', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'f');
  await writeFile(file, CONTENT);
  expect(await sumsOf(file)).toEqual({ sha1: sha1(CONTENT), sha256: sha256(CONTENT), size: CONTENT.length });
});
