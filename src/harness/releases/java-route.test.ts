import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rigContext } from '../../../test/rig/releases-rig.ts';
import { temporaryFolder } from '../../../test/rig/temporary-folder.ts';
import { explainJava, findJava } from './java.ts';
import { installedHomes, inspectJava, majorOf, parseJavaVersion } from './java-route.ts';

/** A folder like a Java home, whose `java` is a real program that prints a version. */
async function makeHome(
  home: string,
  { version, javac = true }: { version: string; javac?: boolean },
): Promise<string> {
  await mkdir(join(home, 'bin'), { recursive: true });
  const script = `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`;
  for (const name of ['java', ...(javac ? ['javac'] : [])]) {
    await writeFile(join(home, 'bin', name), script);
    await chmod(join(home, 'bin', name), 0o755);
  }
  return home;
}

const EIGHT = { major: 8, compiler: false } as const;

test.each([
  ['1.8.0_504', 8],
  ['17.0.15', 17],
  ['17-ea', 17],
  ['25', 25],
])('%s is Java %i', (version, major) => {
  expect(majorOf(version)).toBe(major);
});

test('the version in what java -version prints', () => {
  expect(parseJavaVersion('Picked up X\nopenjdk version "1.8.0_504"\nOpenJDK …')).toBe('1.8.0_504');
  expect(parseJavaVersion('Segmentation fault')).toBeUndefined();
});

describe('a Java home', () => {
  test('is inspected by running it', async () => {
    await using folder = await temporaryFolder();
    const ctx = await rigContext(folder.path);
    const home = await makeHome(join(folder.path, 'jdk'), { version: '1.8.0_504' });
    expect(await inspectJava({ home, origin: 'here' }, { major: 8, compiler: true }, ctx)).toEqual({
      found: {
        major: 8,
        version: '1.8.0_504',
        home,
        java: `${home}/bin/java`,
        javac: `${home}/bin/javac`,
        origin: 'here',
      },
    });
  });

  test.each([
    ['of another major', { version: '17.0.1' }, /is Java 17\.0\.1$/],
    ['older than Corda wants', { version: '1.8.0_151' }, /is Java 1\.8\.0_151; Corda needs update 171/],
  ])('%s does not serve', async (_what, options, why) => {
    await using folder = await temporaryFolder();
    const home = await makeHome(join(folder.path, 'jdk'), options);
    const result = await inspectJava({ home, origin: '' }, EIGHT, await rigContext(folder.path));
    expect(result).toEqual({ why: expect.stringMatching(why) as string });
  });

  test('without a compiler serves nodes only', async () => {
    await using folder = await temporaryFolder();
    const ctx = await rigContext(folder.path);
    const home = await makeHome(join(folder.path, 'jre'), { version: '1.8.0_504', javac: false });
    expect(await inspectJava({ home, origin: '' }, EIGHT, ctx)).toHaveProperty('found.version', '1.8.0_504');
    expect(await inspectJava({ home, origin: '' }, { major: 8, compiler: true }, ctx)).toHaveProperty(
      'why',
      expect.stringContaining('without bin/javac'),
    );
  });

  test('that is broken is told in its own words', async () => {
    await using folder = await temporaryFolder();
    const home = await makeHome(join(folder.path, 'jdk'), { version: '1.8.0_504' });
    await writeFile(join(home, 'bin/java'), '#!/bin/sh\necho "libjli.so: not found" >&2; exit 127\n');
    const result = await inspectJava({ home, origin: '' }, EIGHT, await rigContext(folder.path));
    expect(result).toEqual({ why: expect.stringContaining('-version fails: libjli.so: not found') as string });
  });

  test('whose release file names another version is not even started', async () => {
    await using folder = await temporaryFolder();
    const home = join(folder.path, 'jdk');
    await mkdir(home);
    await writeFile(join(home, 'release'), 'IMPLEMENTOR="x"\nJAVA_VERSION="21.0.2"\n');
    const result = await inspectJava({ home, origin: '' }, EIGHT, await rigContext(folder.path));
    expect(result).toEqual({ why: `${home} is Java 21.0.2` });
  });
});

describe('the search', () => {
  test('takes what the environment names, before all else', async () => {
    await using folder = await temporaryFolder();
    const set = await makeHome(join(folder.path, 'set'), { version: '1.8.0_400' });
    const installed = await makeHome(join(folder.path, 'installed'), { version: '1.8.0_300' });
    const env = { COMPAT_JAVA_8_HOME: set, JAVA_HOME: installed };
    expect(await findJava(EIGHT, await rigContext(folder.path, { env }))).toMatchObject({
      home: set,
      origin: 'COMPAT_JAVA_8_HOME',
    });
  });

  test('a wrong one in the environment is an error that names its version', async () => {
    await using folder = await temporaryFolder();
    const home = await makeHome(join(folder.path, 'set'), { version: '17.0.1' });
    const env = { COMPAT_JAVA_8_HOME: home };
    await expect(findJava(EIGHT, await rigContext(folder.path, { env }))).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'java',
        message: expect.stringMatching(/COMPAT_JAVA_8_HOME: .*set is Java 17\.0\.1\. Set it to/) as string,
      },
    });
    const [first] = await explainJava(8, await rigContext(folder.path, { env }));
    expect(first).toMatchObject({ why: expect.stringContaining('17.0.1') as string });
  });

  test('a runtime set without a compiler leaves compiling to another one', async () => {
    await using folder = await temporaryFolder();
    const jre = await makeHome(join(folder.path, 'jre'), { version: '1.8.0_400', javac: false });
    const jdk = await makeHome(join(folder.path, 'jdk'), { version: '1.8.0_300' });
    const ctx = await rigContext(folder.path, { env: { COMPAT_JAVA_8_HOME: jre, JAVA_HOME: jdk } });
    expect(await findJava(EIGHT, ctx)).toMatchObject({ home: jre });
    expect(await findJava({ major: 8, compiler: true }, ctx)).toMatchObject({ home: jdk });
  });

  test.each([
    ['JAVA_HOME', (home: string) => ({ JAVA_HOME: home }), 'jdk'],
    ['SDKMAN', () => ({}), 'home/.sdkman/candidates/java/8.0.1-tem'],
    ['PATH', (home: string) => ({ PATH: `${home}/bin` }), 'on-path'],
  ])('finds one installed: %s', async (_where, env, place) => {
    await using folder = await temporaryFolder();
    const home = await makeHome(join(folder.path, place), { version: '1.8.0_402' });
    const { env: all } = await rigContext(folder.path, { env: env(home) });
    expect((await installedHomes(all)).map((found) => found.home)).toContain(home);
  });

  test('a link to a home counts once, as what it leads to', async () => {
    await using folder = await temporaryFolder();
    const home = await makeHome(join(folder.path, 'real'), { version: '1.8.0_402' });
    await symlink(home, join(folder.path, 'link'));
    const ctx = await rigContext(folder.path, { env: { JAVA_HOME: join(folder.path, 'link') } });
    expect(await findJava(EIGHT, ctx)).toMatchObject({ home, origin: 'JAVA_HOME' });
  });

  test('explaining fetches nothing and says what would be fetched', async () => {
    await using folder = await temporaryFolder();
    // No server listens there: asking it would fail, and take time.
    const env = { COMPAT_ADOPTIUM_API: 'http://127.0.0.1:9', COMPAT_DEBIAN_MIRROR: 'http://127.0.0.1:9/debian' };
    const [environment, , adoptium, debian] = await explainJava(8, await rigContext(folder.path, { env }));
    expect(environment).toEqual({ route: 'COMPAT_JAVA_<n>_HOME', why: 'COMPAT_JAVA_8_HOME is not set' });
    expect(adoptium?.why).toMatch(/would ask http:\/\/127\.0\.0\.1:9\/v3\/assets\/latest\/8\/hotspot\?/);
    expect(debian?.why).toMatch(/http:\/\/127\.0\.0\.1:9\/debian \(COMPAT_DEBIAN_MIRROR\)|only for Linux/);
  });
});
