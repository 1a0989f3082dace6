import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { matrixFile, readEnvironment } from './environment.ts';
import { problemText } from './problems.ts';

const SOURCES = resolve(import.meta.dirname, '../..');

describe('readEnvironment', () => {
  test('has defaults where nothing is set, or set to nothing', () => {
    const expected = { overrides: { settings: { parallel: 1, keep: 'never' } }, problems: [], warnings: [] };
    expect(readEnvironment({})).toEqual(expected);
    expect(readEnvironment({ COMPAT_SEED: '', COMPAT_PARALLEL: '', COMPAT_KEEP: '' })).toEqual(expected);
  });

  test('overrides provider and seed, and sets how the run goes', () => {
    const trade = { COMPAT_SEED: '42', COMPAT_LIFECYCLE: '0' };
    const env = { COMPAT_PROVIDER: 'local', ...trade, COMPAT_PARALLEL: '3', COMPAT_KEEP: 'failed' };
    expect(readEnvironment(env).overrides).toEqual({
      provider: 'local',
      seed: 42,
      lifecycle: false,
      settings: { parallel: 3, keep: 'failed' },
    });
  });

  test.each([
    ['COMPAT_SEED', '1e3', 'COMPAT_SEED: found "1e3"; must be a whole number'],
    ['COMPAT_SEED', '-1', 'COMPAT_SEED: found "-1"; must be a whole number'],
    ['COMPAT_SEED', '2147483648', 'COMPAT_SEED: found 2147483648; must be at most 2147483647'],
    ['COMPAT_SHRINK', '1', 'COMPAT_SHRINK: found "1"; valid: "0"; did you mean "0"?'],
    ['COMPAT_PARALLEL', '0', 'COMPAT_PARALLEL: found 0; must be at least 1'],
    ['COMPAT_NAMESPACES', 'a,a', 'COMPAT_NAMESPACES: must name each namespace once; a is there twice'],
    [
      'COMPAT_PORTS',
      'abc',
      'COMPAT_PORTS: "abc" is not a range of ports. Write one like 21000-21099, within 1024-65535.',
    ],
    ['COMPAT_KEEP', 'fail', 'COMPAT_KEEP: found "fail"; valid: "never", "failed", "always"'],
    [
      'COMPAT_PROVIDER',
      'locale',
      'COMPAT_PROVIDER: found "locale"; valid: "local", "docker", "kubernetes"; did you mean "local"?',
    ],
  ])('%s=%s is refused', (name, value, expected) => {
    expect(readEnvironment({ [name]: value }).problems.map(problemText)).toEqual([expected]);
  });

  test('knows the variables that other parts read, and leaves strangers alone', () => {
    const env = { COMPAT_CACHE: '/c', COMPAT_JAVA_8_HOME: '/j', COMPAT_MAVEN_REPOSITORY: 'https://x', PATH: '/bin' };
    expect(readEnvironment(env).warnings).toEqual([]);
    expect(readEnvironment({ COMPAT_WHATEVER: 'x' }).warnings).toEqual([
      'the environment variable COMPAT_WHATEVER is unknown and has no effect',
    ]);
  });

  test('warns of what does nothing yet', () => {
    expect(readEnvironment({ COMPAT_KEEP: 'failed' }).warnings).toEqual([
      'the environment variable COMPAT_KEEP keeps folders of builds only; networks are removed',
    ]);
    expect(readEnvironment({ COMPAT_KEEP: 'never' }).warnings).toEqual([]);
  });
});

test('every variable that the program names is known', async () => {
  const names = new Set<string>();
  for (const file of await readdir(SOURCES, { recursive: true })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    const text = await readFile(join(SOURCES, file), 'utf8');
    for (const [name] of text.matchAll(/(?<![A-Z_])COMPAT_[A-Z0-9_]*[A-Z0-9](?![A-Z0-9_])/g)) names.add(name);
  }
  // The harness hands these to its own children.
  const ofInit = ['COMPAT_CONF', 'COMPAT_DOORMAN', 'COMPAT_MINIMUM_PLATFORM_VERSION', 'COMPAT_NOTARY_VALIDATING'];
  for (const own of ['COMPAT_DRIVER_TOKEN', 'COMPAT_DOORMAN_TOKEN', ...ofInit]) names.delete(own);
  expect(names).toContain('COMPAT_CACHE');
  const set = Object.fromEntries([...names].map((name) => [name, 'set']));
  expect(readEnvironment(set).warnings.filter((warning) => warning.includes('not one of ours'))).toEqual([]);
});

test('matrixFile is COMPAT_MATRIX below the current folder, or matrix.json', () => {
  const cwd = join('/', 'project');
  expect(matrixFile({ env: {}, cwd })).toBe(join(cwd, 'matrix.json'));
  expect(matrixFile({ env: { COMPAT_MATRIX: 'ci/small.json' }, cwd })).toBe(join(cwd, 'ci', 'small.json'));
  expect(matrixFile({ env: { COMPAT_MATRIX: '/etc/m.json' }, cwd })).toBe('/etc/m.json');
});
