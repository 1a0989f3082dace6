import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adoptiumRoute, debianRoute } from '../../src/harness/releases/java-downloads.ts';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';
import { startForwardProxy } from '../rig/forward-proxy.ts';
import { CONTENT, COORDINATE, JAR, repositoryRig, type RepositoryRig } from '../rig/repository-rig.ts';
import { rigContext } from '../rig/releases-rig.ts';

/** A name that no server of the world has: only a proxy knows whom it stands for. */
const REPOSITORY = 'http://repo.invalid';
/** Made by Maven 3.8.7: `--encrypt-master-password`, then `--encrypt-password user-password`. */
const MASTER = '{s1GoTd+j60MH0sKGlEgeOiXEG8lbNaLEx1oI0ix0svQ=}';
const ENCRYPTED = '{ePZ8PcsuMB0HlUils/xaYnCXNMQ9qIGnN/RSJCt1NHs=}';
const LONG = '{oOwZJUXQuoEHvf9yx/SHWcySJ/MRU8JF+IRbOG/RTzEev0RIUOcRmUgCnwcDhxvB}';

const portOf = ({ server }: RepositoryRig): number => Number(new URL(server.url).port);

async function writeSettings(rig: RepositoryRig, settings: string, security?: string): Promise<void> {
  const folder = join(rig.folder, 'home/.m2');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'settings.xml'), `<settings>${settings}</settings>`);
  if (security !== undefined) await writeFile(join(folder, 'settings-security.xml'), security);
}

const security = (inner: string): string => `<settingsSecurity>${inner}</settingsSecurity>`;

/** The jar, as a run with this environment gets it. */
async function jarOf(rig: RepositoryRig, env: Record<string, string>): Promise<Buffer> {
  const { file } = await downloadArtefact(COORDINATE, await rig.run(env));
  return readFile(file);
}

describe('proxies of the environment', () => {
  test.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])(
    '%s: all of a jar comes by it, without a tunnel',
    async (name) => {
      await using rig = await repositoryRig();
      await using proxy = await startForwardProxy({ port: portOf(rig) });
      const env = { COMPAT_MAVEN_REPOSITORY: REPOSITORY, [name]: proxy.url };
      expect((await jarOf(rig, env)).equals(CONTENT)).toBe(true);
      expect([...proxy.asked].sort()).toEqual(['', '.sha1', '.sha256'].map((end) => `GET ${REPOSITORY}${JAR}${end}`));
    },
  );

  test('HTTPS_PROXY is asked for a tunnel, and told where the way breaks', async () => {
    await using rig = await repositoryRig();
    await using proxy = await startForwardProxy({ port: portOf(rig) });
    const env = { COMPAT_MAVEN_REPOSITORY: 'https://repo.invalid', HTTPS_PROXY: proxy.url.replace('http://', '') };
    // The server behind the proxy does not speak TLS.
    await expect(jarOf(rig, env)).rejects.toThrow(/cannot be reached: .*\(by the proxies of HTTPS_PROXY\)/);
    expect(proxy.asked[0]).toBe('CONNECT repo.invalid:443');
  });

  test('NO_PROXY: the hosts that it names are asked directly', async () => {
    await using rig = await repositoryRig();
    await using proxy = await startForwardProxy({ port: portOf(rig) });
    expect((await jarOf(rig, { HTTP_PROXY: proxy.url, NO_PROXY: 'x.example,127.0.0.1' })).equals(CONTENT)).toBe(true);
    expect(proxy.asked).toEqual([]);
  });

  test('a proxy that wants a user is told so; its user is taken from the address', async () => {
    await using rig = await repositoryRig();
    await using proxy = await startForwardProxy({ port: portOf(rig), user: 'me:p/w' });
    const env = { COMPAT_MAVEN_REPOSITORY: REPOSITORY, HTTP_PROXY: proxy.url };
    await expect(jarOf(rig, env)).rejects.toThrow(
      /Proxy Authentication Required \(407\) \(by the proxies of HTTP_PROXY\)/,
    );
    const withUser = { ...env, HTTP_PROXY: proxy.url.replace('//', '//me:p%2Fw@') };
    expect((await jarOf(rig, withUser)).equals(CONTENT)).toBe(true);
  });

  test('what is no address of a proxy is told by its name, without the password in it', async () => {
    await using rig = await repositoryRig();
    const wrong = jarOf(rig, { HTTP_PROXY: 'ftp://me:secret@proxy' });
    await expect(wrong).rejects.toThrow('HTTP_PROXY is no address of a proxy. Write one like');
    await expect(wrong).rejects.not.toThrow('secret');
  });

  test('Java is asked for by them, too', async () => {
    await using rig = await repositoryRig();
    await using proxy = await startForwardProxy({ port: portOf(rig) });
    const own = { COMPAT_ADOPTIUM_API: 'http://api.invalid', COMPAT_DEBIAN_MIRROR: 'http://mirror.invalid/debian' };
    const ctx = await rigContext(rig.folder, { env: { ...own, HTTP_PROXY: proxy.url } });
    await adoptiumRoute.fetch?.({ major: 8, compiler: true }, ctx);
    if (process.platform === 'linux')
      await debianRoute.fetch?.({ major: 8, compiler: true }, ctx).catch(() => undefined);
    expect(proxy.asked[0]).toMatch(/^GET http:\/\/api\.invalid\/v3\/assets\/latest\/8\/hotspot/);
    expect(proxy.asked.slice(1)).toEqual(
      process.platform === 'linux' ? ['GET http://mirror.invalid/debian/dists/sid/InRelease'] : [],
    );
  });
});

describe('proxies of settings.xml', () => {
  const proxies = (url: string, more = ''): string => {
    const { hostname, port } = new URL(url);
    const off = '<proxy><active>false</active><host>off.invalid</host></proxy>';
    return `<proxies>${off}<proxy><host>${hostname}</host><port>${port}</port>${more}</proxy></proxies>`;
  };

  test('are asked, with their user, whose password may be encrypted', async () => {
    await using rig = await repositoryRig();
    await using proxy = await startForwardProxy({ port: portOf(rig), user: 'ci:user-password' });
    const user = `<username>ci</username><password>${ENCRYPTED}</password>`;
    await writeSettings(rig, proxies(proxy.url, user), security(`<master>${MASTER}</master>`));
    expect((await jarOf(rig, { COMPAT_MAVEN_REPOSITORY: REPOSITORY })).equals(CONTENT)).toBe(true);
    expect(proxy.asked).toContain(`GET ${REPOSITORY}${JAR}`);
  });

  test('are not for their nonProxyHosts, and not where the environment names proxies', async () => {
    await using rig = await repositoryRig();
    await using proxy = await startForwardProxy({ port: portOf(rig) });
    await writeSettings(rig, proxies(proxy.url, '<nonProxyHosts>*.example|127.*</nonProxyHosts>'));
    await jarOf(rig, {});
    expect(proxy.asked).toEqual([]);
    await using other = await startForwardProxy({ port: portOf(rig) });
    await using second = await repositoryRig();
    await writeSettings(second, proxies(proxy.url));
    await jarOf(second, { COMPAT_MAVEN_REPOSITORY: REPOSITORY, HTTP_PROXY: other.url });
    expect([proxy.asked.length, other.asked.length]).toEqual([0, 3]);
  });
});

describe('a repository whose password Maven has encrypted', () => {
  const mirror = ({ server }: RepositoryRig, password: string): string =>
    `<servers><server><id>corp</id><username>ci</username><password>${password}</password></server></servers>
     <mirrors><mirror><id>corp</id><mirrorOf>*</mirrorOf><url>${server.url}</url></mirror></mirrors>`;
  /** What the repository was shown. */
  const shown = async (rig: RepositoryRig): Promise<string | undefined> => {
    await jarOf(rig, { COMPAT_MAVEN_REPOSITORY: '' });
    return Buffer.from(rig.server.seen[0]?.authorization?.split(' ')[1] ?? '', 'base64').toString();
  };

  test.each([
    [ENCRYPTED, 'user-password'],
    [`ci of the house ${ENCRYPTED}`, 'user-password'],
    [LONG, 'pässword & 15+chars long'],
    ['not {so} secret', 'not {so} secret'],
  ])('%s', async (written, password) => {
    await using rig = await repositoryRig();
    await writeSettings(rig, mirror(rig, written.replace('&', '&amp;')), security(`<master>${MASTER}</master>`));
    expect(await shown(rig)).toBe(`ci:${password}`);
  });

  test('with the master password elsewhere', async () => {
    await using rig = await repositoryRig();
    const elsewhere = join(rig.folder, 'elsewhere.xml');
    await writeFile(elsewhere, security(`<master>${MASTER}</master>`));
    await writeSettings(rig, mirror(rig, ENCRYPTED), security(`<relocation>${elsewhere}</relocation>`));
    expect(await shown(rig)).toBe('ci:user-password');
  });

  test.each([
    ['{COQLCE6DU6GtcS5P=}', undefined, 'settings-security.xml'],
    [ENCRYPTED, security(''), 'has no master password'],
    [ENCRYPTED, security(`<master>${LONG}</master>`), 'decrypt'],
    ['{[name=master,cipher=AES/GCM/NoPadding]abc=}', security(`<master>${MASTER}</master>`), 'as Maven 4 does'],
  ])('that cannot be decrypted is told, with what to do: %s', async (password, file, seen) => {
    await using rig = await repositoryRig();
    await writeSettings(rig, mirror(rig, password), file);
    const told = jarOf(rig, { COMPAT_MAVEN_REPOSITORY: '' });
    await expect(told).rejects.toThrow(/failed to decrypt the password of server corp of .*settings\.xml \(seen: /);
    await expect(told).rejects.toThrow(seen);
    await expect(told).rejects.toThrow('set COMPAT_MAVEN_REPOSITORY to an address with user and password');
    expect(rig.server.seen).toEqual([]);
  });
});
