import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

/** Stages in their order, as the rules have them. */
const STAGES = forbidden.flatMap(({ name }) => /^(.+)-imports-earlier-stages-only$/.exec(name)?.[1] ?? []);

/** Each stage imports the one after it; the last one imports the command line. */
const LATER = Object.fromEntries(
  STAGES.map((stage, place): [string, Readonly<Record<string, string>>] => {
    const next = STAGES[place + 1];
    const later = next === undefined ? '../../cli' : `../${next}`;
    return [`${stage}-imports-earlier-stages-only`, { [`src/harness/${stage}/bad.ts`]: `import '${later}/fine.ts';` }];
  }),
);

/** For each rule, files that break it. */
const BREAKERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...LATER,
  'provider-local-knows-no-other-provider': {
    'src/harness/providers/local/bad.ts': `import '../docker/fine.ts';`,
  },
  'provider-docker-knows-no-other-provider': {
    'src/harness/providers/docker/bad.ts': `import '../local/fine.ts';`,
  },
  'provider-kubernetes-knows-no-other-provider': {
    'src/harness/providers/kubernetes/bad.ts': `import '../docker/fine.ts';`,
  },
  'cli-imports-the-harness-only': { 'src/cli/bad.ts': `import '../../fixtures/fine.ts';` },
  'fixtures-import-worker-code-only': {
    'fixtures/bad.ts': `import '../src/harness/trade/far.ts';`,
    'src/harness/trade/far.ts': `import '../hub/fine.ts';`,
  },
  'suites-import-fixtures-only': { 'suites/bad.test.ts': `import '../src/harness/support/fine.ts';` },
  'config-imports-the-plugin-only': { 'vitest.config.ts': `import './src/harness/hub/fine.ts';` },
  'only-vitest-folder-knows-vitest': {
    'src/harness/hub/tested.ts': `import 'vitest';`,
    'node_modules/vitest/package.json': '{"name":"vitest"}',
    'node_modules/vitest/index.js': '',
  },
  'no-cycles': {
    'src/harness/hub/one.ts': `import './two.ts';`,
    'src/harness/hub/two.ts': `import './one.ts';`,
  },
  'no-tests-in-the-program': {
    'src/harness/hub/tests.ts': `import './fine.test.ts';`,
    'src/harness/hub/fine.test.ts': '',
  },
  'no-development-packages-in-the-program': {
    'src/harness/hub/tooled.ts': `import 'tool';`,
    'package.json': '{"devDependencies":{"tool":"1.0.0"}}',
    'node_modules/tool/package.json': '{"name":"tool"}',
    'node_modules/tool/index.js': '',
  },
  'nothing-unresolvable': { 'src/harness/hub/lost.ts': `import './gone.ts';` },
};

describe('the import rules', () => {
  test('are none of them stale: every path still names a file', async () => {
    const files = await filesOf(['src', 'fixtures', 'suites']);
    const stale = forbidden.flatMap(({ name, from, to }) =>
      [...(from.path ?? []), ...(/-import/.test(name) ? (to.pathNot ?? []) : [])]
        .filter((path) => !files.some((file) => new RegExp(path).test(file)))
        .map((path) => `${name}: nothing matches ${path}`),
    );
    expect(stale).toEqual([]);
  });

  test('cover every folder of the harness', async () => {
    const folders = (await readdir(join(ROOT, 'src/harness'), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(folders.sort()).toEqual([...STAGES, 'testing'].sort());
  });

  test('have the stages of docs/architecture.md, in its order', async () => {
    const text = await readFile(join(ROOT, 'docs/architecture.md'), 'utf8');
    const picture = /```text\n(.*?)```/s.exec(text)?.[1] ?? '';
    const named = picture.split('\n').flatMap((line) => /^ {2}([a-z]+) {2,}\S/.exec(line)?.[1] ?? []);
    expect(named).toEqual(STAGES);
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
  const fine = [
    ...STAGES.map((stage) => `src/harness/${stage}`),
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
