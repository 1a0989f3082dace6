import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Release } from '../../src/harness/config/release.ts';
import { requireCashFlows, resolveRelease } from '../../src/harness/releases/resolve.ts';
import { nodeKit } from '../../src/harness/releases/kit.ts';
import { makeCapsule, makeJar, rigContext } from '../rig/releases-rig.ts';
import { capsuleRig, metadata, METADATA, repositoryRig } from '../rig/repository-rig.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

describe('a release', () => {
  const release: Release = {
    id: '4.10',
    source: { kind: 'maven', version: '4.10' },
    cordapps: [
      { kind: 'maven', coordinate: 'org.app:flows:{version}' },
      { kind: 'maven', coordinate: 'org.app:states:7:extra' },
    ],
    jvmArgs: [],
  };

  test('is resolved with its CorDapps, and unpacked in the order of the zip', async () => {
    await using rig = await capsuleRig();
    const ctx = await rig.run();
    const resolved = await resolveRelease(release, ctx);
    expect(resolved).toMatchObject({ version: '4.10', java: 8, facts: { line: '4.10', platformVersion: 12 } });
    expect(resolved.cordapps).toMatchObject([
      { name: 'flows-4.10.jar', origin: 'org.app:flows:4.10', signed: true },
      { name: 'states-7-extra.jar', origin: 'org.app:states:7:extra', signed: false },
    ]);
    expect(resolved.cordapps.map(({ facts }) => [...facts.migrations])).toEqual([[], ['cash.xml']]);
    await expect(requireCashFlows(resolved)).resolves.toBeUndefined();
    expect(ctx.said.filter((line) => line.includes('no checksum'))).toHaveLength(2);

    const kit = await nodeKit(resolved, ctx);
    const folder = join(ctx.cache.folder, 'entries', 'kit', resolved.node.sha256);
    const names = ['zebra.jar', 'quasar-core-0.7.15_r3.jar', 'alpha.jar'];
    expect(kit.classPath).toEqual([resolved.node.file, ...names.map((name) => join(folder, name))]);
    expect(kit).toMatchObject({
      classPathFolders: ['drivers'],
      mainClass: 'net.corda.node.Corda',
      jvmArgs: ['-Xmx512m', '-XX:+UseG1GC'],
      agent: {
        jar: join(folder, 'quasar-core-0.7.15_r3.jar'),
        options: `x(${'antlr**;bftsmart**;'.repeat(8)})l(net.corda.djvm.**)`,
      },
    });
    expect(await readFile(join(folder, 'alpha.jar'), 'utf8')).toBe('last in the zip');
  });

  test('has CorDapps of one file name under different names, and each jar once', async () => {
    await using rig = await capsuleRig();
    const jar = async (folder: string, content: string): Promise<{ kind: 'jar'; path: string }> => {
      const path = join(rig.folder, folder, 'app-0.1.jar');
      await mkdir(dirname(path));
      await writeFile(path, await makeJar({ 'a.txt': content }));
      return { kind: 'jar', path };
    };
    const [a, b, copy] = [await jar('a', 'first'), await jar('b', 'second'), await jar('c', 'first')];
    const ctx = await rig.run();
    const named = async (id: string, cordapps: Release['cordapps']): Promise<readonly string[]> =>
      (await resolveRelease({ ...release, id, cordapps }, ctx)).cordapps.map(({ name }) => name);
    const other = expect.stringMatching(/^app-0[.]1-[0-9a-f]{8}[.]jar$/) as string;
    expect(await named('one', [a, b, copy])).toEqual(['app-0.1.jar', other]);
    expect(await named('two', [copy]), 'in another release').toEqual(['app-0.1.jar']);
    expect(await named('three', [b])).toEqual([other]);
  });

  test('damaged in the cache is unpacked again', async () => {
    await using rig = await capsuleRig();
    const first = await rig.run();
    const kit = await nodeKit(await resolveRelease(release, first), first);
    await writeFile(kit.classPath[1] ?? '', 'longer than it was before');
    const second = await rig.run();
    await nodeKit(await resolveRelease(release, second), second);
    expect(await readFile(kit.classPath[1] ?? '', 'utf8')).toBe('first in the zip');
  });

  test('of 3.x puts CorDapps on the class path, and says java of its own', async () => {
    await using rig = await capsuleRig({ 'Corda-Release-Version': '3.3-corda', 'Corda-Platform-Version': '3' });
    const ctx = await rig.run();
    const resolved = await resolveRelease({ ...release, java: 17 }, ctx);
    expect(resolved).toMatchObject({ version: '3.3-corda', java: 17, facts: { rpc: 'kryo', platformVersion: 3 } });
    expect((await nodeKit(resolved, ctx)).classPathFolders).toEqual(['cordapps', 'plugins']);
  });

  test("of a build of one's own has the platform version of its manifest, which is said", async () => {
    await using rig = await capsuleRig({ 'Corda-Platform-Version': '999' });
    const ctx = await rig.run();
    expect((await resolveRelease(release, ctx)).facts.platformVersion).toBe(999);
    expect(ctx.said.join('\n')).toContain('its manifest has platform version 999');
  });

  test.each([
    { 'Application-Class': undefined },
    { 'Java-Agents': undefined },
    { 'Corda-Platform-Version': undefined },
  ])('without %o is no capsule', async (changes) => {
    await using rig = await capsuleRig(changes);
    await expect(resolveRelease(release, await rig.run())).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        step: 'resolve',
        message: expect.stringMatching(
          new RegExp(`is no node capsule: its manifest has no ${Object.keys(changes)[0] ?? ''}`),
        ) as string,
      },
    });
  });

  test('that exists, of a line the harness does not know', async () => {
    await using rig = await capsuleRig();
    rig.server.files.set(METADATA, Buffer.from(metadata('4.10', '5.3')));
    const next: Release = { ...release, source: { kind: 'maven', version: '5.3' } };
    await expect(resolveRelease(next, await rig.run())).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        step: 'resolve',
        message: expect.stringMatching(/the harness does not know version 5\.3\. Known lines: 3\.1, .*4\.14/) as string,
      },
    });
    const slip: Release = { ...release, source: { kind: 'maven', version: '5.4' } };
    await expect(resolveRelease(slip, await rig.run())).rejects.toThrow(/no version 5\.4 in .*Near: 5\.3, 4\.10/);
  });

  test.each([
    ['README', 'text of some length', /16|19 bytes that begin with "text of/],
    ['empty.jar', '', /it is empty/],
    ['torn.jar', Buffer.from('PK\x03\x04 and no more'), /its zip is damaged/],
  ])('from a file that is no jar: %s', async (name, content, found) => {
    await using rig = await repositoryRig();
    const path = join(rig.folder, name);
    await writeFile(path, content);
    const mine: Release = { ...release, id: 'mine', source: { kind: 'jar', path }, cordapps: [] };
    const resolving = resolveRelease(mine, await rig.run());
    await expect(resolving).rejects.toMatchObject({ failure: { outcome: 'not-built', step: 'resolve' } });
    await expect(resolving).rejects.toThrow(path);
    await expect(resolving).rejects.toThrow(found);
  });

  test('from a jar file, and from one that is not there', async () => {
    await using rig = await repositoryRig();
    const path = join(rig.folder, 'corda-mine.jar');
    const mine: Release = { ...release, id: 'mine', source: { kind: 'jar', path }, cordapps: [] };
    await expect(resolveRelease(mine, await rig.run())).rejects.toThrow(/release mine .*no such file/);
    await writeFile(
      path,
      await makeCapsule({ 'Corda-Release-Version': '4.11-SNAPSHOT', 'Corda-Platform-Version': '13' }),
    );
    const resolved = await resolveRelease(mine, await rig.run());
    expect(resolved).toMatchObject({
      version: '4.11-SNAPSHOT',
      node: { file: path, origin: path },
      facts: { line: '4.11' },
    });
    await expect(requireCashFlows(resolved)).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'cordapps',
        message: expect.stringMatching(/no CorDapps at all.*corda-finance-contracts:\{version\}/) as string,
      },
    });
  });

  test('with a CorDapp that is no jar', async () => {
    await using rig = await repositoryRig();
    const path = join(rig.folder, 'corda-mine.jar');
    await writeFile(path, await makeCapsule());
    await writeFile(join(rig.folder, 'app.jar'), '<html>not found</html>');
    const cordapps = [{ kind: 'jar', path: join(rig.folder, 'app.jar') }] as const;
    const mine: Release = { ...release, source: { kind: 'jar', path }, cordapps };
    await expect(resolveRelease(mine, await rig.run())).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        step: 'cordapps',
        message: expect.stringContaining('begin with "<html>not found') as string,
      },
    });
  });
});

test("Maven Central's own finance CorDapps of 4.10", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'corda.jar');
  await writeFile(path, await makeCapsule());
  const coordinates = ['contracts', 'workflows'].map((part) => `net.corda:corda-finance-${part}:{version}`);
  const resolved = await resolveRelease(
    {
      id: '4.10',
      source: { kind: 'jar', path },
      cordapps: coordinates.map((coordinate) => ({ kind: 'maven', coordinate })),
      jvmArgs: [],
    },
    await rigContext(folder.path),
  );
  expect(resolved.cordapps).toMatchObject([
    { name: 'corda-finance-contracts-4.10.jar', signed: true },
    { name: 'corda-finance-workflows-4.10.jar', signed: true },
  ]);
  await expect(requireCashFlows(resolved)).resolves.toBeUndefined();
});
