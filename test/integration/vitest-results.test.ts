import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { makeProject, type Finished, type Project, type ProjectOptions } from './vitest-run.ts';

/** The folder of results belongs to one run at a time, and never tells of another run than the last one. */

const PASSING = { issue: `test('issues', () => log('issue ' + cell));` };
const WAITING = {
  pay: `test('pays', async () => {
    log('trading ' + cell);
    const { existsSync } = await import('node:fs');
    await expect.poll(() => existsSync(join(import.meta.dirname, '../go-on')), { timeout: 60_000 }).toBe(true);
  });`,
};

let project: Project | undefined;
afterEach(() => project?.remove());

async function started(options: Partial<ProjectOptions> = {}): Promise<Project> {
  project = await makeProject({ cells: ['4.5+4.8', '4.8+4.10'], suites: PASSING, ...options });
  return project;
}

async function outcomes({ report }: Finished): Promise<readonly string[]> {
  return (await report()).cells.map(({ name, outcome }) => `${name} ${outcome}`);
}

describe('two runs in one folder', () => {
  test('the second one is told so and touches nothing; the first one ends as if it were alone', async () => {
    const { vitest, root, events } = await started({ suites: WAITING });
    const first = vitest(['run', '--project', '4.5+4.8']);
    await first.seen('trading 4.5+4.8');
    const before = await events();
    const { code, output } = await vitest(['run', '--project', '4.8+4.10']).done();
    expect({ code, events: await events() }).toEqual({ code: 1, events: before });
    expect(output).toMatch(/failed to take \S+test-results \(seen: another run writes its results there\)/);
    expect(output).not.toContain('results-folder.ts:');
    await writeFile(join(root, 'go-on'), '');
    const finished = await first.done();
    expect({ code: finished.code, cells: await outcomes(finished) }).toEqual({
      code: 0,
      cells: ['4.5+4.8 compatible'],
    });
    expect(await readdir(join(root, 'test-results'))).not.toContain('run.lock');
  });

  test('in folders of their own both run', async () => {
    const { vitest, root } = await started({ suites: WAITING });
    const first = vitest(['run', '--project', '4.5+4.8']);
    await first.seen('trading 4.5+4.8');
    const second = vitest(['run', '--project', '4.8+4.10'], { COMPAT_RESULTS: 'other' });
    await second.seen('trading 4.8+4.10');
    await writeFile(join(root, 'go-on'), '');
    expect(await outcomes(await first.done())).toEqual(['4.5+4.8 compatible']);
    expect(await outcomes(await second.done())).toEqual(['4.8+4.10 compatible']);
  });

  test('the folder of a run that was killed is free again, and its reports are no pass', async () => {
    const { vitest, root } = await started({ suites: WAITING });
    const killed = vitest(['run', '--project', '4.5+4.8']);
    await killed.seen('trading 4.5+4.8');
    killed.kill('SIGKILL');
    const dead = await killed.done();
    expect(await outcomes(dead)).toEqual(['4.5+4.8 interrupted']);
    expect(await dead.junit()).toContain('a sudden end stopped the run');
    await writeFile(join(root, 'go-on'), '');
    const next = await vitest(['run', '--project', '4.8+4.10']).done();
    expect(await outcomes(next)).toEqual(['4.8+4.10 compatible']);
  });
});

describe('a run that ends before its first cell replaces the reports of the run before', () => {
  const fails = {
    'a matrix with a fault': { config: `load: async () => { throw new Error('matrix.json: a typing error'); }` },
    'a project that is not there': { args: ['--project', '9.9+9.10'], words: 'the matrix has these cells' },
    'a filter that is a number': { args: ['-t', '4.10'], words: 'seen: the number 4.1' },
    'a cache that is a file': { env: { COMPAT_CACHE: 'package.json/below' }, words: 'Set COMPAT_CACHE to' },
  };
  test.for(Object.entries(fails))('%s', async ([, fault]) => {
    const {
      args = [],
      env = {},
      config,
      words = 'a typing error',
    } = { ...fault } as Partial<{
      args: string[];
      env: Record<string, string>;
      config: string;
      words: string;
    }>;
    const { vitest, root } = await started();
    expect((await vitest(['run']).done()).code).toBe(0);
    if (config !== undefined) {
      const plugin = JSON.stringify(join(import.meta.dirname, '../../src/harness/vitest/plugin.ts'));
      const text = `import { cordaCompat } from ${plugin}; export default { plugins: [cordaCompat({ ${config} })] };`;
      await writeFile(join(root, 'vitest.config.ts'), text);
    }
    const finished = await vitest(['run', ...args], env).done();
    expect(finished.code).toBe(1);
    expect(finished.output).toContain(words);
    const { ok, cells, totals } = await finished.report();
    expect({ ok, cells, failed: totals.failed }).toEqual({ ok: false, cells: [], failed: 1 });
    expect(await finished.junit()).toMatch(/errors="1"/);
    expect((await finished.junit()).replaceAll('&apos;', "'")).toContain(words);
    expect(await readdir(join(root, 'test-results'))).toEqual(['junit.xml', 'run.json']);
  });

  test('but a list of the tests does not', async () => {
    const { vitest } = await started();
    await vitest(['run']).done();
    const listed = await vitest(['list', '--project', '9.9+9.10']).done();
    expect((await listed.report()).ok).toBe(true);
  });
});

test.for([
  ['COMPAT_RESULTS', 'package.json'],
  ['COMPAT_RESULTS', 'package.json/below'],
  ['COMPAT_CACHE', 'package.json'],
])('%s=%s, which is a file, is told at the start', async ([name = '', value = '']) => {
  const { vitest, root, events } = await started();
  const { code, output } = await vitest(['run'], { [name]: value }).done();
  expect({ code, events: await events() }).toEqual({ code: 1, events: [] });
  expect(output).toContain(`(seen: ${join(root, 'package.json')} is a file). Set ${name} to a folder of your own.`);
});

test('a folder that is removed while its run goes on does not end the run', async () => {
  const { vitest, root } = await started({ suites: WAITING });
  const running = vitest(['run', '--project', '4.5+4.8']);
  await running.seen('trading 4.5+4.8');
  await rm(join(root, 'test-results'), { recursive: true });
  await mkdir(join(root, 'test-results'));
  await writeFile(join(root, 'go-on'), '');
  expect(await outcomes(await running.done())).toEqual(['4.5+4.8 compatible']);
});
