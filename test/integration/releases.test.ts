import { execa } from 'execa';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';
import { rigContext, sha1, sha256 } from '../rig/releases-rig.ts';
import { CONTENT, COORDINATE, JAR, repositoryRig } from '../rig/repository-rig.ts';
import { cutAfter, firstTimes } from '../rig/web-server.ts';

describe('an artefact of a Maven repository', () => {
  test('lies in the cache by its content, under its name', async () => {
    await using rig = await repositoryRig();
    const ctx = await rig.run();
    const artefact = await downloadArtefact(COORDINATE, ctx);
    expect(artefact).toEqual({
      file: join(ctx.cache.folder, 'objects', sha256(CONTENT), 'corda-4.10.jar'),
      name: 'corda-4.10.jar',
      sha256: sha256(CONTENT),
      origin: COORDINATE,
    });
    expect((await readFile(artefact.file)).equals(CONTENT)).toBe(true);
    expect(await readdir(join(ctx.cache.folder, 'partial'))).toEqual([]);
  });

  test('is asked for once by several cells of a run', async () => {
    await using rig = await repositoryRig();
    const ctx = await rig.run();
    await Promise.all([downloadArtefact(COORDINATE, ctx), downloadArtefact(COORDINATE, ctx)]);
    expect(rig.server.paths('.jar')).toEqual([JAR]);
  });

  test('needs no request at all in a later run', async () => {
    await using rig = await repositoryRig();
    const first = await downloadArtefact(COORDINATE, await rig.run());
    const asked = rig.server.seen.length;
    await rig.server[Symbol.asyncDispose]();
    expect(await downloadArtefact(COORDINATE, await rig.run())).toEqual(first);
    expect(rig.server.seen).toHaveLength(asked);
  });

  test('is fetched again when the cached one is damaged, which is said', async () => {
    await using rig = await repositoryRig();
    const { file } = await downloadArtefact(COORDINATE, await rig.run());
    await writeFile(file, 'rot');
    const ctx = await rig.run();
    await downloadArtefact(COORDINATE, ctx);
    expect((await readFile(file)).equals(CONTENT)).toBe(true);
    expect(ctx.said[0]).toMatch(/corda-4\.10\.jar is damaged .* fetching it again/);
  });

  test('goes on where a run before was cut off', async () => {
    await using rig = await repositoryRig();
    rig.server.behaviours.set(JAR, firstTimes(5, cutAfter(CONTENT, 100_000)));
    await expect(downloadArtefact(COORDINATE, await rig.run())).rejects.toMatchObject({
      failure: { outcome: 'blocked', step: 'resolve' },
    });
    await downloadArtefact(COORDINATE, await rig.run());
    expect(rig.server.seen.at(-1)).toMatchObject({
      path: JAR,
      range: expect.stringMatching(/^bytes=[1-9]\d+-$/) as string,
    });
  });

  test('with a wrong checksum is fetched once more from zero', async () => {
    await using rig = await repositoryRig();
    rig.server.behaviours.set(
      JAR,
      firstTimes(1, (_seen, response) => {
        response.end('an error page of a proxy');
        return 'answered';
      }),
    );
    const ctx = await rig.run();
    const { file } = await downloadArtefact(COORDINATE, ctx);
    expect((await readFile(file)).equals(CONTENT)).toBe(true);
    expect(ctx.said[0]).toContain('fetching it again from the start');
  });

  test('with a wrong checksum twice is not built: both sums are named, nothing is kept', async () => {
    await using rig = await repositoryRig();
    rig.server.files.set(`${JAR}.sha1`, Buffer.from('0'.repeat(40)));
    const ctx = await rig.run();
    await expect(downloadArtefact(COORDINATE, ctx)).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        step: 'resolve',
        message: expect.stringContaining(`sha1 is ${sha1(CONTENT)}, should be ${'0'.repeat(40)}`) as string,
      },
    });
    expect(await readdir(join(ctx.cache.folder, 'partial'))).toEqual([]);
    expect(rig.server.paths('.jar')).toHaveLength(2);
  });

  test('of an unknown version: near ones and all are named', async () => {
    await using rig = await repositoryRig();
    await expect(downloadArtefact('net.corda:corda:4.100', await rig.run())).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        step: 'resolve',
        message: expect.stringMatching(
          /no version 4\.100 in .*Near: 4\.10, 4\.9.* All: corda-3\.0, 3\.3-corda,/,
        ) as string,
      },
    });
  });

  test('of an unknown artifact: said so', async () => {
    await using rig = await repositoryRig();
    await expect(downloadArtefact('net.corda:cordra:4.10', await rig.run())).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        message: expect.stringContaining('no artifact net.corda:cordra at all') as string,
      },
    });
  });

  test('of a version that is listed without its jar: said so', async () => {
    await using rig = await repositoryRig();
    await expect(downloadArtefact('net.corda:corda:4.9', await rig.run())).rejects.toThrow(
      /lists the version, but not corda-4\.9\.jar/,
    );
  });

  test('from a repository that cannot be reached: blocked, not not-built', async () => {
    await using rig = await repositoryRig();
    await rig.server[Symbol.asyncDispose]();
    await expect(downloadArtefact(COORDINATE, await rig.run())).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'resolve',
        message: expect.stringMatching(/127\.0\.0\.1:.*ECONNREFUSED.*COMPAT_MAVEN_REPOSITORY/) as string,
      },
    });
  });

  test('credentials of the address are sent, and never shown', async () => {
    await using rig = await repositoryRig();
    const ctx = await rig.run({ COMPAT_MAVEN_REPOSITORY: rig.server.url.replace('//', '//me:s%40cret@') });
    await downloadArtefact(COORDINATE, ctx);
    const basic = `Basic ${Buffer.from('me:s@cret').toString('base64')}`;
    expect(new Set(rig.server.seen.map(({ authorization }) => authorization))).toEqual(new Set([basic]));
    expect(ctx.said.join()).not.toMatch(/s@cret|s%40cret/);
    rig.server.behaviours.set('/net/corda/corda/4.8/corda-4.8.jar', (_seen, response) => {
      response.writeHead(401).end();
      return 'answered';
    });
    const refused = downloadArtefact('net.corda:corda:4.8', ctx);
    await expect(refused).rejects.toMatchObject({ failure: { outcome: 'blocked' } });
    await expect(refused).rejects.not.toThrow(/s@cret|s%40cret/);
  });

  test('an abort ends it at once', async () => {
    await using rig = await repositoryRig();
    const abort = new AbortController();
    const env = { COMPAT_MAVEN_REPOSITORY: rig.server.url };
    const ctx = await rigContext(rig.folder, { env, signal: abort.signal });
    rig.server.behaviours.set(JAR, (_seen, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length }).write('some');
      abort.abort(new Error('interrupted'));
      return 'answered';
    });
    await expect(downloadArtefact(COORDINATE, ctx)).rejects.toThrow('interrupted');
    expect(await readdir(join(ctx.cache.folder, 'locks'))).toEqual([]);
  });
});

describe('two runs at once', () => {
  const script = fileURLToPath(import.meta.resolve('../rig/fetch-artefact.ts'));

  test('the second one goes on when the first one was killed', async () => {
    await using rig = await repositoryRig();
    const killed = new AbortController();
    rig.server.behaviours.set(JAR, (_seen, response) => {
      if (killed.signal.aborted) return 'go on';
      response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, 1000));
      killed.abort();
      return 'answered';
    });
    const env = { HOME: rig.folder, COMPAT_CACHE: `${rig.folder}/cache`, COMPAT_MAVEN_REPOSITORY: rig.server.url };
    const first = execa(process.execPath, ['--import', 'tsx', script, COORDINATE], { env, reject: false });
    await once(killed.signal, 'abort');
    first.kill('SIGKILL');
    await first;
    const ctx = await rig.run();
    const { file } = await downloadArtefact(COORDINATE, ctx);
    expect((await readFile(file)).equals(CONTENT)).toBe(true);
    expect(ctx.said[0]).toContain('waiting for another run');
  });

  test('fetch an artefact once; the second one waits and says so', async () => {
    await using rig = await repositoryRig();
    const held = new AbortController();
    rig.server.behaviours.set(JAR, (_seen, response) => {
      if (held.signal.aborted) return 'go on';
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 1000));
      // The rest comes when the other run has been seen waiting.
      void once(held.signal, 'abort').then(() => response.end(CONTENT.subarray(1000)));
      return 'answered';
    });
    const env = { HOME: rig.folder, COMPAT_CACHE: `${rig.folder}/cache`, COMPAT_MAVEN_REPOSITORY: rig.server.url };
    const runs = [1, 2].map(() => execa(process.execPath, ['--import', 'tsx', script, COORDINATE], { env }));
    const waiting = new Promise<string>((resolve) => {
      for (const { stderr } of runs)
        stderr.on('data', (text) => String(text).includes('waiting') && resolve(String(text)));
    });
    expect(await Promise.race([waiting, ...runs])).toContain(`waiting for another run: download of ${COORDINATE}`);
    held.abort();
    const results = await Promise.all(runs);
    expect(rig.server.paths('.jar')).toEqual([JAR]);
    expect(results[0]?.stdout).toBe(results[1]?.stdout);
  });
});
