import { afterEach, describe, expect, test } from 'vitest';
import { version } from 'vitest/node';
import { makeProject } from './vitest-run.ts';
import type { OwnConfig, Project, ProjectOptions } from './vitest-run.ts';

/** Cells are cheap: vitest makes one server for all, and only what was asked for. None of that changes what a suite sees. */

const CELLS = ['4.4+4.5', '4.5+4.8', '4.8+4.10', '4.4+4.10'];
/** A process logs which cell it has loaded a suite for. */
const LOADING = `log('loaded for ' + cell + ' by ' + process.pid); test('issues in ' + cell + ' as ' + who, () => log('issue ' + cell));`;
/** A module of the user's own may ask for its cell as well, when it is loaded. */
const FILES = { 'who.ts': `import { inject } from 'vitest'; export const who = inject('compat').brief.name;` };
const SUITES = {
  issue: `import { who } from '../who.ts';\n${LOADING}`,
  pay: `import { who } from '../who.ts';\n${LOADING}`,
};

/** Logs how often vitest reads the configuration, makes a server, and which projects it has. */
const COUNTING: OwnConfig = {
  statements: `import { appendFileSync } from 'node:fs';
const log = (event) => appendFileSync(new URL('./events.log', import.meta.url), event + '\\n');
log('configuration read');`,
  plugins: `{
  name: 'counting',
  configureServer: () => log('server made'),
  configureVitest: ({ vitest }) => log('projects ' + vitest.projects.map(({ name }) => name).join(' ')),
  transform: (code, id) => id.includes('/suites/') ? code.replace('OWN_WORD', JSON.stringify('by a plugin')) : undefined,
}`,
};

/** `vitest list` that loads the files, as 4.1 does on its own: 5 reads titles from their source text. */
const LIST = ['list', '--no-static-parse'];
/** Processes that list: a worker of vitest 5 cannot forget the modules of the cell before. */
const LISTERS = version.startsWith('4.') ? 1 : CELLS.length;

let project: Project | undefined;
afterEach(() => project?.remove());

async function started(options: Partial<ProjectOptions>): Promise<Project> {
  project = await makeProject({ cells: CELLS, suites: SUITES, files: FILES, ...options });
  return project;
}

/** The process that loaded suites, for each time that one did. */
function loaders(events: readonly string[], cell = ''): string[] {
  return events.filter((event) => event.startsWith(`loaded for ${cell}`)).map((event) => event.split(' by ')[1] ?? '');
}

/** The projects that plugins were shown; vitest 5 asks them for each project, 4.1 once: it must be the same ones every time. */
function projectsOf(events: readonly string[]): string[] {
  const shown = events.filter((event) => event.startsWith('projects ')).map((event) => event.slice('projects '.length));
  return [...new Set(shown)];
}

describe('vitest list', () => {
  test('of all cells: one configuration, one server, no more processes than it takes, and each cell has its own tests', async () => {
    const { vitest, events } = await started({ config: COUNTING });
    const { code, output } = await vitest(LIST).done();
    expect(code).toBe(0);
    const listed = output.split('\n').filter((line) => line.startsWith('['));
    const expected = CELLS.flatMap((cell) =>
      ['issue', 'pay'].map((suite) => `[${cell}] suites/${suite}.test.ts > issues in ${cell} as ${cell}`),
    );
    expect(listed.toSorted()).toEqual(expected.toSorted());
    const seen = await events();
    expect(seen.filter((event) => !event.startsWith('loaded') && !event.startsWith('projects')).toSorted()).toEqual([
      'configuration read',
      'server made',
    ]);
    expect(projectsOf(seen)).toEqual([CELLS.join(' ')]);
    expect(loaders(seen)).toHaveLength(2 * CELLS.length);
    expect(new Set(loaders(seen)).size).toBe(LISTERS);
  });

  test.for([
    [['--project', '4.8+4.10'], ['4.8+4.10']],
    [
      ['--project', '*4.10*'],
      ['4.8+4.10', '4.4+4.10'],
    ],
    [
      ['--project', '!4.4*'],
      ['4.5+4.8', '4.8+4.10'],
    ],
  ] as const)('%j makes the projects that are chosen, and no other', async ([args, chosen]) => {
    const { vitest, events } = await started({ config: COUNTING });
    expect((await vitest([...LIST, ...args]).done()).code).toBe(0);
    expect(projectsOf(await events())).toEqual([chosen.join(' ')]);
  });

  test('-t and a file filter choose among the tests of all cells', async () => {
    const { vitest } = await started({});
    const { output } = await vitest([...LIST, 'suites/pay', '-t', 'in 4.4']).done();
    expect(output.split('\n').filter((line) => line.startsWith('['))).toEqual(
      ['4.4+4.5', '4.4+4.10'].map((cell) => `[${cell}] suites/pay.test.ts > issues in ${cell} as ${cell}`),
    );
  });
});

describe('vitest run', () => {
  test('gives every cell a process of its own, for all its files', async () => {
    const { vitest, events } = await started({});
    expect((await vitest(['run']).done()).lastLine).toBe('8 passed, 0 failed');
    const seen = await events();
    const processes = CELLS.map((cell) => new Set(loaders(seen, cell)));
    expect(processes.map(({ size }) => size)).toEqual([1, 1, 1, 1]);
    expect(new Set(loaders(seen)).size).toBe(CELLS.length);
  });

  test("brings the user's own configuration into the cells", async () => {
    const { vitest, events } = await started({
      suites: {
        issue: `import { own } from '@own/thing';
import { beforeAll as isVitest } from 'vitest';
test('has it', () => expect({ own, setUp: globalThis.setUp, env: process.env.OWN, injected: inject('own'), word: OWN_WORD, global: typeof it })
  .toEqual({ own: 'by an alias', setUp: true, env: 'set', injected: { by: 'provide' }, word: 'by a plugin', global: 'function' }));`,
      },
      files: {
        'own/thing.ts': `export const own = 'by an alias';`,
        'own/set-up.ts': `globalThis.setUp = true;`,
        'own/more.test.ts': `test('is included', () => {});`,
        'own/global.ts': `import { appendFileSync } from 'node:fs';
export const setup = () => appendFileSync(new URL('../events.log', import.meta.url), 'global set-up\\n');`,
      },
      config: {
        ...COUNTING,
        test: `{
          alias: { '@own': new URL('./own', import.meta.url).pathname },
          include: ['own/*.test.ts'],
          setupFiles: ['./own/set-up.ts'],
          globalSetup: ['./own/global.ts'],
          env: { OWN: 'set' },
          provide: { own: { by: 'provide' } },
          globals: true,
        }`,
      },
    });
    const { lastLine, output } = await vitest(['run', '--project', '4.5+4.8']).done();
    expect(lastLine, output).toBe('2 passed, 0 failed');
    const seen = await events();
    for (const once of ['configuration read', 'server made', 'global set-up', 'projects 4.5+4.8'])
      expect(seen.filter((event) => event === once)).toHaveLength(1);
  });

  test('lets the command line go before what cells say', async () => {
    const { vitest } = await started({
      suites: { issue: `test('issues', () => new Promise(() => {}));` },
    });
    const { output } = await vitest(['run', '--project', '4.5+4.8', '--testTimeout', '300']).done();
    expect(output).toContain('Test timed out in 300ms');
  });

  test("gives cells beside the user's own projects all that cells have", async () => {
    const { vitest } = await started({
      suites: { issue: `let tries = 0; test('issues', () => expect(++tries).toBe(2));` },
      files: { ...FILES, 'own/own.test.ts': `import { test } from 'vitest'; test('is mine', () => {});` },
      config: { test: `{ retry: 2, projects: [{ test: { name: 'mine', include: ['own/*.test.ts'] } }] }` },
    });
    const { lastLine, output } = await vitest(['run', '--project', 'mine', '--project', '4.5+4.8']).done();
    expect(lastLine, output).toBe('0 passed, 1 failed');
  });

  test("leaves the user's own projects beside the cells", async () => {
    const { vitest } = await started({
      files: { ...FILES, 'own/own.test.ts': `import { test } from 'vitest'; test('is mine', () => {});` },
      config: { test: `{ projects: [{ test: { name: 'mine', include: ['own/*.test.ts'] } }] }` },
    });
    const { output } = await vitest([...LIST, '--project', 'mine', '--project', '4.8+4.10']).done();
    expect(output.split('\n').filter((line) => line.startsWith('['))).toEqual(
      expect.arrayContaining([
        '[mine] own/own.test.ts > is mine',
        '[4.8+4.10] suites/pay.test.ts > issues in 4.8+4.10 as 4.8+4.10',
      ]),
    );
    expect(output).not.toContain('[4.5+4.8]');
  });
});
