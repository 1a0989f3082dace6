import { execa } from 'execa';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunReport } from '../../src/harness/judge/run-report.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import type { FakeNetwork } from './fake-provisioner.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

export interface ProjectOptions {
  readonly cells: readonly string[];
  readonly networks?: Readonly<Record<string, FakeNetwork>>;
  readonly parallel?: number;
  /** Fields that every cell gets instead of its own; JSON. */
  readonly cell?: object;
  /** Cells of the matrix that are left out. */
  readonly skipped?: readonly string[];
  /** Suite files by name, for example `pay`. */
  readonly suites: Readonly<Record<string, string>>;
  /** Further files by their path from the project's root. */
  readonly files?: Readonly<Record<string, string>>;
  /** What the project's own vitest.config.ts says beside our plugin. */
  readonly config?: OwnConfig;
}

/** Source text. */
export interface OwnConfig {
  /** Statements before the configuration. */
  readonly statements?: string;
  /** Elements of `plugins`, after ours. */
  readonly plugins?: string;
  /** The object `test`. */
  readonly test?: string;
}

/** A project on disk that runs fake networks under the real plugin. */
export interface Project {
  readonly root: string;
  /** Begins a run of vitest; the arguments come after `vitest`. */
  readonly vitest: (args: readonly string[], env?: Readonly<Record<string, string>>) => Running;
  /** What the fake provisioner and the suites did, in order. */
  readonly events: () => Promise<string[]>;
  /** What runs left in the folder for temporary files, which is the project's own. */
  readonly leftovers: () => Promise<string[]>;
  readonly remove: () => Promise<void>;
}

export interface Running {
  readonly pid: number;
  /** Waits until this event was logged. */
  readonly seen: (event: string) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Signals the whole process group, as a terminal does. */
  readonly killGroup: (signal: NodeJS.Signals) => void;
  readonly done: () => Promise<Finished>;
}

export interface Finished {
  readonly code: number | undefined;
  readonly output: string;
  readonly lastLine: string;
  /** run.json; fails where there is none. */
  readonly report: () => Promise<RunReport>;
  readonly junit: () => Promise<string>;
}

export async function makeProject(options: ProjectOptions): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), 'compat-vitest-'));
  await symlink(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
  const files = Object.entries(options.suites).map(
    ([name, text]) => [`suites/${name}.test.ts`, withImports(text)] as const,
  );
  for (const [name, text] of [
    ...files,
    ...Object.entries(options.files ?? {}),
    ['package.json', '{ "type": "module" }'] as const,
    ['vitest.config.ts', configOf(options)] as const,
    ['events.log', ''] as const,
    ['tmp/.keep', ''] as const,
  ]) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  const events = async (): Promise<string[]> =>
    (await readFile(join(root, 'events.log'), 'utf8')).split('\n').filter((line) => line !== '');
  return {
    root,
    events,
    leftovers: async () => (await readdir(join(root, 'tmp'))).filter((name) => name.startsWith('cc-')),
    vitest: (args, env = {}) => run(root, args, env, events),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

function run(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  events: Project['events'],
): Running {
  const cli = join(REPOSITORY, 'node_modules/vitest/vitest.mjs');
  // Without the variables of the vitest that runs this test, and in a group of its own.
  const child = execa(process.execPath, [cli, ...args], {
    cwd: root,
    env: { ...cleanEnvironment(), TMPDIR: join(root, 'tmp'), ...env },
    extendEnv: false,
    all: true,
    reject: false,
    detached: true,
    stdin: 'ignore',
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error('vitest did not start');
  return {
    pid,
    seen: async (event) => {
      await waitUntil(
        async () => {
          const list = await events();
          return list.includes(event) ? { done: true, value: undefined } : { done: false, last: list.join(', ') };
        },
        { name: `event "${event}"`, limit: 120_000, every: 20 },
      );
    },
    kill: (signal) => void process.kill(pid, signal),
    killGroup: (signal) => void process.kill(-pid, signal),
    done: async () => {
      const { exitCode, all } = await child;
      const results = join(root, env['COMPAT_RESULTS'] ?? 'test-results');
      return {
        code: exitCode,
        output: all,
        lastLine: all.trimEnd().split('\n').at(-1) ?? '',
        report: async () => JSON.parse(await readFile(join(results, 'run.json'), 'utf8')) as RunReport,
        junit: () => readFile(join(results, 'junit.xml'), 'utf8'),
      };
    },
  };
}

function cleanEnvironment(): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|TEST$|NODE_ENV|MODE|DEV|PROD|SSR|BASE_URL|COMPAT_)/.test(name),
  );
  return { ...Object.fromEntries(own.map(([name, value]) => [name, value ?? ''])), NO_COLOR: '1' };
}

function withImports(text: string): string {
  return `import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { join } from 'node:path';
import { takeLease, nodesWords } from ${JSON.stringify(join(REPOSITORY, 'src/harness/lease/lease-client.ts'))};
const cell = inject('compat').brief.name;
const log = (event) => appendFileSync(join(import.meta.dirname, '../events.log'), event + '\\n');
${text}`;
}

function configOf({
  cells,
  networks = {},
  parallel = 1,
  cell = {},
  skipped = [],
  config = {},
}: ProjectOptions): string {
  return `import { defineConfig } from 'vitest/config';
import { cordaCompat } from ${JSON.stringify(join(REPOSITORY, 'src/harness/vitest/plugin.ts'))};
import { fakeMatrix, fakeProvisioner } from ${JSON.stringify(join(REPOSITORY, 'test/integration/fake-provisioner.ts'))};
${config.statements ?? ''}
export default defineConfig({
  test: ${config.test ?? '{}'},
  plugins: [
    cordaCompat({
      load: async () => fakeMatrix(${JSON.stringify(cells)}, ${parallel}, ${JSON.stringify(cell)}, ${JSON.stringify(skipped)}),
      provisioner: fakeProvisioner(${JSON.stringify(networks)}),
    }),
    ${config.plugins ?? ''}
  ],
});
`;
}
