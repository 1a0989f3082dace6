import { execa } from 'execa';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findJava } from '../../src/harness/releases/java.ts';
import { adoptiumRoute, debianRoute } from '../../src/harness/releases/java-downloads.ts';
import { rigContext, sha256 } from '../rig/releases-rig.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { startWebServer } from '../rig/web-server.ts';

const NEED = { major: 8, compiler: true } as const;

/** A host like Adoptium's with one JDK, whose `java` is a shell script. */
async function adoptiumRig() {
  const folder = await temporaryFolder();
  const jdk = join(folder.path, 'jdk8u999-b01');
  await mkdir(join(jdk, 'bin'), { recursive: true });
  for (const name of ['java', 'javac']) {
    await writeFile(join(jdk, 'bin', name), `#!/bin/sh\necho 'openjdk version "1.8.0_999"' >&2\n`);
    await chmod(join(jdk, 'bin', name), 0o755);
  }
  await execa('tar', ['-czf', join(folder.path, 'jdk.tar.gz'), '-C', folder.path, 'jdk8u999-b01']);
  const archive = await readFile(join(folder.path, 'jdk.tar.gz'));
  const server = await startWebServer({ '/jdk.tar.gz': archive });
  const asset = {
    release_name: 'jdk8u999-b01',
    binary: {
      package: {
        link: `${server.url}/jdk.tar.gz`,
        checksum: sha256(archive),
        size: archive.length,
        name: 'OpenJDK8U-jdk.tar.gz',
      },
    },
  };
  const offer = (assets: unknown): void => {
    server.behaviours.set(API, (_seen, response) => {
      response.end(JSON.stringify(assets));
      return 'answered';
    });
  };
  offer([asset]);
  return {
    server,
    asset,
    offer,
    run: () => rigContext(folder.path, { env: { COMPAT_ADOPTIUM_API: `${server.url}/` } }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const os = process.platform === 'darwin' ? 'mac' : 'linux';
const architecture = process.arch === 'arm64' && os === 'linux' ? 'aarch64' : 'x64';
const API = `/v3/assets/latest/8/hotspot?architecture=${architecture}&image_type=jdk&os=${os}&vendor=eclipse`;

describe("a JDK by Adoptium's API", () => {
  test('is fetched, checked and kept; later runs ask nobody', async () => {
    await using rig = await adoptiumRig();
    const ctx = await rig.run();
    const java = await findJava(NEED, ctx, [adoptiumRoute]);
    expect(java).toMatchObject({
      major: 8,
      version: '1.8.0_999',
      origin: expect.stringContaining('Adoptium') as string,
    });
    expect(java.home.startsWith(join(ctx.cache.folder, 'entries', 'java'))).toBe(true);
    expect(await readdir(join(ctx.cache.folder, 'partial'))).toEqual([]);
    expect(await findJava(NEED, await rig.run(), [adoptiumRoute])).toEqual(java);
    expect(rig.server.seen.map(({ path }) => path)).toEqual([API, '/jdk.tar.gz']);
  });

  test('that broke in the cache is fetched again', async () => {
    await using rig = await adoptiumRig();
    const { java } = await findJava(NEED, await rig.run(), [adoptiumRoute]);
    await writeFile(java, 'no program');
    expect(await findJava(NEED, await rig.run(), [adoptiumRoute])).toMatchObject({ java, version: '1.8.0_999' });
  });

  test('with a wrong checksum is not taken', async () => {
    await using rig = await adoptiumRig();
    rig.offer([{ ...rig.asset, binary: { package: { ...rig.asset.binary.package, checksum: '0'.repeat(64) } } }]);
    await expect(findJava(NEED, await rig.run(), [adoptiumRoute])).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'java',
        message: expect.stringMatching(
          /Adoptium: .*sha256 is [0-9a-f]{64}, should be 0{64}.*COMPAT_JAVA_8_HOME/,
        ) as string,
      },
    });
  });

  test.each([[[]], [{ message: 'gone' }], ['no list']])('that is not there: %j', async (assets) => {
    await using rig = await adoptiumRig();
    rig.offer(assets);
    await expect(findJava(NEED, await rig.run(), [adoptiumRoute])).rejects.toMatchObject({ failure: { step: 'java' } });
  });
});

test('no route: every one is named with its reason', async () => {
  await using folder = await temporaryFolder();
  await using server = await startWebServer();
  await server[Symbol.asyncDispose]();
  const env = { COMPAT_ADOPTIUM_API: server.url, COMPAT_DEBIAN_MIRROR: `${server.url}/debian` };
  await expect(findJava(NEED, await rigContext(folder.path, { env }), [adoptiumRoute, debianRoute])).rejects.toThrow(
    /Java 8 with javac .*Adoptium: .*ECONNREFUSED.*Debian packages: .*(ECONNREFUSED|only for Linux)/,
  );
});

describe.runIf(process.platform === 'linux')('Debian packages', () => {
  test('are refused where this machine cannot verify their signature', async () => {
    await using folder = await temporaryFolder();
    await using server = await startWebServer({ '/debian/dists/sid/InRelease': 'SHA256:\n' });
    const env = { COMPAT_DEBIAN_MIRROR: `${server.url}/debian`, PATH: folder.path };
    await expect(findJava(NEED, await rigContext(folder.path, { env }), [debianRoute])).rejects.toThrow(
      /its signature cannot be verified, because this machine has no (gpgv|debian-archive-keyring)/,
    );
  });

  test('of an archive that nobody signed are refused', async () => {
    await using folder = await temporaryFolder();
    await using server = await startWebServer({ '/debian/dists/sid/InRelease': 'SHA256:\n' });
    const ctx = await rigContext(folder.path, { env: { COMPAT_DEBIAN_MIRROR: `${server.url}/debian` } });
    await expect(findJava(NEED, ctx, [debianRoute])).rejects.toThrow(
      /InRelease(: its signature cannot be verified| is not signed by a key of)/,
    );
    expect(server.paths()).toEqual(['/debian/dists/sid/InRelease']);
    expect(await readdir(join(ctx.cache.folder, 'temporary'))).toEqual([]);
  });

  test('make a JDK 8 that compiles and runs, without root', async () => {
    await using folder = await temporaryFolder();
    const ctx = await rigContext(folder.path);
    const { java, javac, origin } = await findJava(NEED, ctx, [debianRoute]);
    expect(origin).toMatch(/^Debian 8u\d+/);
    const source = join(folder.path, 'Hello.java');
    await writeFile(
      source,
      `public class Hello { public static void main(String[] a) throws Exception {
         System.out.println(System.getProperty("java.version"));
         new ProcessBuilder("echo", "a child").inheritIO().start().waitFor(); } }`,
    );
    await execa(javac ?? '', ['-d', folder.path, source]);
    const { stdout } = await execa(java, ['-cp', folder.path, 'Hello']);
    expect(stdout).toMatch(/^1\.8\.0_\d+\na child$/);
    // No library of this machine is loaded: it may be older than what the packages were built for.
    const { stderr } = await execa(java, ['-version'], { env: { LD_DEBUG: 'files' } });
    const loaded = [...stderr.matchAll(/calling init: (\S+)/g)].map(([, file]) => file ?? '');
    expect(loaded.length).toBeGreaterThan(3);
    for (const file of loaded) expect(file.startsWith(ctx.cache.folder), file).toBe(true);
  });
});
