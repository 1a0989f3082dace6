import { execa } from 'execa';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunReport } from '../../src/harness/judge/run-report.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Packages and MB that an installation had on 2026-11-30, vitest among them; the aim was 0.7 of them. */
const MOST = { packages: 235, mb: 136 };

/** Someone else's repository: what docs/package.md says, and nothing else. */
const CONSUMER: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "consumer", "private": true, "type": "module" }',
  'vitest.config.ts': `import { cordaCompat } from 'corda-compat';

export default { plugins: [cordaCompat({ suites: 'all' })] };
`,
  'matrix.json': JSON.stringify({
    $schema: './node_modules/corda-compat/matrix.schema.json',
    releases: { '4.8': { maven: '4.8' }, '4.10': { maven: '4.10' } },
    cordapps: { maven: ['net.corda:corda-finance-contracts:4.8', 'net.corda:corda-finance-workflows:4.8'] },
  }),
  'suites/own.test.ts': `import { brief, expect, test, usd } from 'corda-compat/fixtures';

test('a coin of our own arrives', async ({ left, right }) => {
  await left.issue(usd(5_00));
  const { transaction } = await left.pay(right, usd(5_00));
  const arrived = async (): Promise<number> => (await right.vault()).from(transaction, 'USD');
  await expect.poll(arrived, { timeout: brief().limits.arrival }).toBe(5_00);
});
`,
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      module: 'nodenext',
      strict: true,
      noEmit: true,
      types: ['node'],
      skipLibCheck: false,
    },
    include: ['vitest.config.ts', 'suites'],
  }),
};

let folder: string;
const consumer = (): string => join(folder, 'consumer');
let tarball: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compat-package-'));
  await execa('npm', ['pack', '--pack-destination', folder], { cwd: ROOT });
  tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '');
  for (const [name, text] of Object.entries(CONSUMER)) {
    await mkdir(join(consumer(), name, '..'), { recursive: true });
    await writeFile(join(consumer(), name), text);
  }
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  await inConsumer('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    tarball,
    `vitest@${devDependencies['vitest']}`,
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

async function inConsumer(command: string, args: readonly string[]) {
  const foreign = /^(VITEST|TEST$|NODE_ENV|NODE_PATH|MODE|DEV|PROD|SSR|BASE_URL|COMPAT_|npm_)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return await execa(command, [...args], {
    cwd: consumer(),
    env: { ...env, NO_COLOR: '1' },
    extendEnv: false,
    all: true,
    reject: false,
  });
}

describe('the tarball', () => {
  test('holds what runs, without TypeScript, tests and fakes', async () => {
    const { stdout } = await execa('tar', ['--list', '--file', tarball]);
    const files = stdout.split('\n').map((path) => path.replace(/^package\//, ''));
    expect(files.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([]);
    expect(files.filter((path) => /\.test\./.test(path) && !path.startsWith('dist/suites/'))).toEqual([]);
    expect(files.filter((path) => /fake|for-tests/.test(path))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([
        'bin/corda-compat.js',
        'dist/suites/pay.test.js',
        'dist/suites/lifecycle/restart.test.js',
        'dist/src/harness/vitest/plugin.js',
        'dist/src/harness/vitest/plugin.js.map',
        'dist/src/harness/vitest/plugin.d.ts',
        'dist/fixtures/index.d.ts',
        'dist/src/jvm/compat-log4j2.xml',
        'dist/src/jvm/driver/compat/driver/Main.java',
        'dist/libraries/LICENSES.txt',
        'matrix.schema.json',
      ]),
    );
  });

  test('is what publint and attw approve of', async () => {
    const { exitCode, all } = await execa(process.execPath, ['scripts/check-package.js', tarball], {
      cwd: ROOT,
      all: true,
      reject: false,
    });
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    expect(all).toContain('All good!');
  });
});

describe('a repository that installs it', () => {
  test('gets few packages, and no compiler or bundler of ours', async () => {
    const lock = JSON.parse(await readFile(join(consumer(), 'node_modules/.package-lock.json'), 'utf8')) as {
      packages: Record<string, { optional?: boolean }>;
    };
    const names = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ''));
    expect(names.length).toBeLessThanOrEqual(MOST.packages);
    expect(
      names.filter((name) => ['tsx', 'esbuild', 'testcontainers', '@kubernetes/client-node'].includes(name)),
    ).toEqual([]);
    const { stdout } = await execa('du', ['-sm', join(consumer(), 'node_modules')]);
    expect(Number(stdout.split('\t')[0])).toBeLessThanOrEqual(MOST.mb);
  });

  test('loads the libraries that are in the package', async () => {
    const libraries = join(consumer(), 'node_modules/corda-compat/dist/libraries');
    const names = { dockerode: 'default', 'kubernetes-client-node': 'KubeConfig', testcontainers: 'GenericContainer' };
    for (const [file, name] of Object.entries(names)) {
      const program = `const m = await import(${JSON.stringify(join(libraries, `${file}.cjs`))}); console.log(typeof m.${name});`;
      const { all } = await inConsumer(process.execPath, ['--input-type=module', '--eval', program]);
      expect(`${file}: ${all}`).toBe(`${file}: function`);
    }
  });

  test('has a command that says its version and its plan', async () => {
    const { all } = await inConsumer('npx', ['--no-install', 'corda-compat', 'plan']);
    expect(all).toContain('Cell 4.8+4.10');
  });

  test('compiles', async () => {
    const types = join(consumer(), 'node_modules/@types');
    await mkdir(types, { recursive: true });
    await execa('cp', ['-r', join(ROOT, 'node_modules/@types/node'), types]);
    await execa('cp', ['-r', join(ROOT, 'node_modules/undici-types'), join(consumer(), 'node_modules')]);
    const { exitCode, all } = await inConsumer(process.execPath, [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '--project',
      '.',
    ]);
    expect(`${exitCode} ${all}`).toBe('0 ');
  });

  test('hears of a bundled suite that there is not', async () => {
    const config = (CONSUMER['vitest.config.ts'] ?? '').replace("'all'", "['pya']");
    await writeFile(join(consumer(), 'wrong.config.ts'), config);
    const { exitCode, all } = await inConsumer('npx', [
      '--no-install',
      'vitest',
      'list',
      '--config',
      'wrong.config.ts',
    ]);
    await rm(join(consumer(), 'wrong.config.ts'));
    expect(exitCode).toBe(1);
    expect(all).toContain('cordaCompat() failed to find the bundled suites pya. Choose from: health, issue, pay');
  });

  test('runs its own suite and the bundled ones in a real cell', async () => {
    const { exitCode, all } = await inConsumer('npx', ['--no-install', 'vitest', 'run']);
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    const report = JSON.parse(await readFile(join(consumer(), 'test-results/run.json'), 'utf8')) as RunReport;
    expect(report.cells.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['4.8+4.10 compatible']);
    const files = new Set(report.cells.flatMap(({ tests }) => tests.map(({ file }) => file)));
    const bundled = ['health', 'issue', 'pay', 'random', 'notary'].map((name) => `corda-compat/suites/${name}.test.js`);
    expect([...files]).toEqual([...bundled, 'suites/own.test.ts', 'corda-compat/suites/vault.test.js']);
  });
});
