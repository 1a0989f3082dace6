import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

const ROOT = resolve(import.meta.dirname, '../..');
const CONFIG = join(ROOT, '.dependency-cruiser.cjs');

const patterns = z.union([z.string(), z.array(z.string())]).transform((paths) => [paths].flat());
const side = z.object({ path: patterns.optional(), pathNot: patterns.optional() });
const configSchema = z.object({ forbidden: z.array(z.object({ name: z.string(), from: side, to: side })) });
const { forbidden } = configSchema.parse(createRequire(import.meta.url)(CONFIG));

const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const reportSchema = z.object({
  summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }),
});

/** For each rule, files that break it. */
const BREAKERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'domain-imports-only-what-it-may': { 'src/harness/domain/bad.ts': `import type {} from '../support/fine.ts';` },
  'support-imports-only-what-it-may': { 'src/harness/support/bad.ts': `import '../domain/fine.ts';` },
  'matrix-imports-only-what-it-may': { 'src/harness/matrix/bad.ts': `import '../run/fine.ts';` },
  'plan-imports-only-what-it-may': { 'src/harness/plan/bad.ts': `import '../run/fine.ts';` },
  'releases-imports-only-what-it-may': { 'src/harness/releases/bad.ts': `import '../matrix/fine.ts';` },
  'docker-imports-only-what-it-may': { 'src/harness/docker/bad.ts': `import '../releases/fine.ts';` },
  'images-imports-only-what-it-may': { 'src/harness/images/bad.ts': `import '../releases/fine.ts';` },
  'manifests-imports-only-what-it-may': { 'src/harness/manifests/bad.ts': `import '../support/fine.ts';` },
  'zone-imports-only-what-it-may': { 'src/harness/zone/bad.ts': `import '../releases/fine.ts';` },
  'drivers-imports-only-what-it-may': { 'src/harness/drivers/bad.ts': `import '../zone/fine.ts';` },
  'databases-imports-only-what-it-may': { 'src/harness/databases/bad.ts': `import '../zone/fine.ts';` },
  'oracle-imports-only-what-it-may': { 'src/harness/oracle/bad.ts': `import '../drivers/fine.ts';` },
  'replay-imports-only-what-it-may': { 'src/harness/replay/bad.ts': `import '../drivers/fine.ts';` },
  'trade-imports-only-what-it-may': { 'src/harness/trade/bad.ts': `import '../run/fine.ts';` },
  'report-imports-only-what-it-may': { 'src/harness/report/bad.ts': `import '../oracle/fine.ts';` },
  'provider-interface-imports-only-what-it-may': { 'src/harness/providers/provider.ts': `import '../run/fine.ts';` },
  'provider-local-imports-only-what-it-may': { 'src/harness/providers/local/bad.ts': `import '../../run/fine.ts';` },
  'provider-docker-imports-only-what-it-may': { 'src/harness/providers/docker/bad.ts': `import '../local/fine.ts';` },
  'provider-kubernetes-imports-only-what-it-may': {
    'src/harness/providers/kubernetes/bad.ts': `import '../docker/fine.ts';`,
  },
  'network-imports-only-what-it-may': { 'src/harness/network/bad.ts': `import '../providers/local/fine.ts';` },
  'provision-imports-only-what-it-may': { 'src/harness/provision/bad.ts': `import '../vitest/fine.ts';` },
  'run-imports-only-what-it-may': { 'src/harness/run/bad.ts': `import '../vitest/fine.ts';` },
  'vitest-imports-only-what-it-may': { 'src/harness/vitest/bad.ts': `import '../../cli/fine.ts';` },
  'cli-imports-only-what-it-may': { 'src/cli/bad.ts': `import '../../fixtures/fine.ts';` },
  'fixtures-imports-only-what-it-may': { 'fixtures/bad.ts': `import '../src/harness/run/fine.ts';` },
  'suites-imports-only-what-it-may': { 'suites/bad.test.ts': `import '../src/harness/domain/fine.ts';` },
  'nothing-imports-the-top': { 'fixtures/high.ts': `import '../src/cli/fine.ts';` },
  'config-imports-the-plugin-only': { 'vitest.config.ts': `import './src/harness/run/fine.ts';` },
  'workers-reach-no-main-process-code': {
    'suites/far.test.ts': `import '../fixtures/good.ts';`,
    'fixtures/good.ts': `import '../src/harness/run/lease-client.ts';`,
    'src/harness/run/lease-client.ts': `import './fine.ts';`,
  },
  'only-vitest-folder-knows-vitest': {
    'src/harness/run/tested.ts': `import 'vitest';`,
    'node_modules/vitest/package.json': '{"name":"vitest"}',
    'node_modules/vitest/index.js': '',
  },
  'no-cycles': {
    'src/harness/run/one.ts': `import './two.ts';`,
    'src/harness/run/two.ts': `import './one.ts';`,
  },
  'no-tests-in-the-program': {
    'src/harness/run/testing.ts': `import './fine.test.ts';`,
    'src/harness/run/fine.test.ts': '',
  },
  'no-development-packages-in-the-program': {
    'src/harness/run/tooled.ts': `import 'tool';`,
    'package.json': '{"devDependencies":{"tool":"1.0.0"}}',
    'node_modules/tool/package.json': '{"name":"tool"}',
    'node_modules/tool/index.js': '',
  },
  'nothing-unresolvable': { 'src/harness/run/lost.ts': `import './gone.ts';` },
};

describe('the import rules', () => {
  test('are none of them stale: every path still names a file', async () => {
    const files = await filesOf(['src', 'fixtures', 'suites']);
    const stale = forbidden.flatMap(({ name, from, to }) =>
      [...(from.path ?? []), ...(name.endsWith('what-it-may') ? (to.pathNot ?? []) : [])]
        .filter((path) => !files.some((file) => new RegExp(path).test(file)))
        .map((path) => `${name}: nothing matches ${path}`),
    );
    expect(stale).toEqual([]);
  });

  test('cover every folder of the harness', async () => {
    const folders = (await readdir(join(ROOT, 'src/harness'), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => `src/harness/${entry.name}/any.ts`);
    const rules = forbidden.filter(({ name }) => name.endsWith('what-it-may'));
    const uncovered = folders.filter(
      (file) => !rules.some(({ from }) => from.path?.some((path) => new RegExp(path).test(file))),
    );
    expect(uncovered).toEqual([]);
  });

  test('have each a breaker here', () => {
    expect(forbidden.map(({ name }) => name).sort()).toEqual(Object.keys(BREAKERS).sort());
  });

  test('can each fail: a project that breaks them all is told of each, at the file that breaks it', async () => {
    const folder = await plant(Object.assign({}, ...Object.values(BREAKERS)) as Record<string, string>);
    const { stdout } = await execa('node', [CRUISER, '--config', CONFIG, '--output-type', 'json', '.'], {
      cwd: folder,
      reject: false,
    });
    const { summary } = reportSchema.parse(JSON.parse(stdout));
    const broken = (name: string): string[] =>
      summary.violations.filter(({ rule }) => rule.name === name).map(({ from }) => from);
    const unnoticed = Object.entries(BREAKERS).filter(
      ([name, files]) => !broken(name).some((from) => Object.keys(files).includes(from)),
    );
    expect(unnoticed.map(([name]) => name)).toEqual([]);
  });
});

/** A project of these files, with a `fine.ts` in every folder. */
async function plant(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'corda-compat-imports-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const harness = ['domain', 'support', 'matrix', 'releases', 'zone', 'drivers', 'oracle', 'run', 'vitest'];
  const fine = [
    ...harness.map((name) => `src/harness/${name}`),
    'src/harness/providers/local',
    'src/harness/providers/docker',
    'src/cli',
    'fixtures',
  ];
  const all = {
    'tsconfig.json': '{"compilerOptions":{"module":"nodenext","allowImportingTsExtensions":true,"noEmit":true}}',
    ...Object.fromEntries(fine.map((name) => [`${name}/fine.ts`, 'export {};'])),
    ...files,
  };
  for (const [file, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  return folder;
}

/** Paths from the project's root, with slashes. */
async function filesOf(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return files.map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
    }),
  );
  const top = await readdir(ROOT);
  return [...found.flat(), ...top];
}
