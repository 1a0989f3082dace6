import { execa } from 'execa';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { REFUSED } from '../../src/harness/vitest/refused-options.ts';
import { makeProject, type Finished, type Project, type ProjectOptions } from './vitest-run.ts';

/** Options of vitest's own that could make a cell pass without what its verdict says (docs/running.md). */

const CELL = '4.5+4.8';
const PASSING = `test('passes', () => log('issue ' + cell));`;
/** Fails at its first try only. */
const AT_TIMES = `let tries = 0; test('pays', RETRY, () => expect(++tries).toBeGreaterThan(1));`;

let project: Project | undefined;
afterEach(() => project?.remove());

async function runOf(args: readonly string[], options: Partial<ProjectOptions> = {}): Promise<Finished> {
  project = await makeProject({ cells: [CELL], suites: { issue: PASSING }, ...options });
  await execa('git', ['init', '--quiet'], { cwd: project.root });
  return await project.vitest(args).done();
}

const GIVEN: Readonly<Record<string, readonly string[]>> = {
  '--retry': ['run', '--retry', '2'],
  '--update': ['run', '-u'],
  '--merge-reports': ['run', '--merge-reports'],
  '--changed': ['run', '--changed'],
  related: ['related', '--run', 'suites/issue.test.ts'],
  '--allowOnly': ['run', '--allowOnly'],
  '--pool': ['run', '--pool=threads'],
  '--isolate': ['run', '--isolate'],
  '--sequence.concurrent': ['run', '--sequence.concurrent'],
  '--sequence.shuffle': ['run', '--sequence.shuffle.tests'],
  '--sequence.hooks': ['run', '--sequence.hooks=list'],
};

test.for(REFUSED)('$option is refused before anything is touched', async ({ option, why }) => {
  const { code, output } = await runOf(GIVEN[option] ?? []);
  expect(output).toContain(`Leave them out:\n  ${option}: ${why}\n`);
  expect({ code, events: await project?.events() }).toEqual({ code: 1, events: [] });
  await expect(access(join(project?.root ?? '', 'test-results'))).rejects.toThrow('ENOENT');
});

test("what the user's own configuration says of them does not count", async () => {
  const sequence = `{ concurrent: true, shuffle: true, hooks: 'list' }`;
  const own = `{ retry: 2, pool: 'threads', isolate: true, fileParallelism: false, allowOnly: true, sequence: ${sequence} }`;
  const suites = { issue: PASSING, pay: AT_TIMES.replace('RETRY', '{}') };
  const run = await runOf(['run'], { config: { test: own }, suites });
  expect((await run.report()).cells[0]?.outcome).toBe('incompatible');
});

test('a suite that tries a test again makes its cell flaky', async () => {
  const run = await runOf(['run'], { suites: { issue: PASSING, pay: AT_TIMES.replace('RETRY', '{ retry: 2 }') } });
  expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '2 passed, 1 failed' });
  const [cell] = (await run.report()).cells;
  expect(cell).toMatchObject({
    outcome: 'flaky',
    because: 'suites/pay.test.ts > pays passed only when it was tried again',
  });
});

test('a test with .only leaves no other one out: its file fails', async () => {
  const run = await runOf(['run'], {
    suites: { issue: PASSING, pay: `test.only('pays', () => {}); test('not', () => {});` },
  });
  expect((await run.report()).cells[0]).toMatchObject({ outcome: 'blocked' });
  expect(run.code).toBe(1);
});

test.for([['--testTimeout=300'], ['--hookTimeout=300']])(
  '%s: what reaches it blocks its cell',
  async ([option = '']) => {
    const hangs = option.includes('hook')
      ? `beforeAll(() => new Promise(() => {})); test('pays', () => {});`
      : `test('pays', () => new Promise(() => {}));`;
    const run = await runOf(['run', option], { suites: { issue: PASSING, pay: hangs } });
    expect((await run.report()).cells[0]).toMatchObject({ outcome: 'blocked' });
    expect(run.output).toContain('timed out in 300ms');
  },
);

test.for([['--maxWorkers=4'], ['--maxConcurrency=9'], ['--passWithNoTests'], ['--dangerouslyIgnoreUnhandledErrors']])(
  '%s: a stray error fails the run all the same',
  async ([option = '']) => {
    const stray = `test('pays', async () => { setImmediate(() => { throw new Error('stray'); }); await new Promise((r) => setTimeout(r, 50)); });`;
    const run = await runOf(['run', option], { suites: { issue: PASSING, pay: stray } });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '2 passed, 1 failed' });
  },
);

test.for([['--no-file-parallelism'], ['--maxWorkers=1']])(
  '%s: cells run at once all the same',
  async ([option = '']) => {
    const meets = `test('meets', async () => {
    const { readFileSync } = await import('node:fs');
    log('begin ' + cell);
    const begun = () => readFileSync(join(import.meta.dirname, '../events.log'), 'utf8').match(/begin/g).length;
    await expect.poll(begun, { timeout: 30_000 }).toBe(2);
  });`;
    const run = await runOf(['run', option], { cells: [CELL, '4.8+4.10'], parallel: 2, suites: { issue: meets } });
    expect(run.lastLine).toBe('2 passed, 0 failed');
  },
);
