import { XMLValidator } from 'fast-xml-parser';
import { afterEach, describe, expect, test } from 'vitest';
import { makeProject } from './vitest-run.ts';
import type { Finished, Project, ProjectOptions } from './vitest-run.ts';

/** What a cell ends as when something else than a test goes wrong; the other cells go on. */

const TWO_CELLS = ['4.5+4.8', '4.8+4.10'];
const PASSING = {
  issue: `test('issues', () => log('issue ' + cell));`,
  vault: `test('adds up', () => log('vault ' + cell));`,
};
/** The second cell passes whatever happens to the first. */
const firstCell = (body: string): string => `test('pays', async () => { if (cell !== '4.5+4.8') return; ${body} });`;

let project: Project | undefined;
afterEach(() => project?.remove());

async function runOf(options: Partial<ProjectOptions>, args: readonly string[] = []): Promise<Finished & Project> {
  project = await makeProject({ cells: TWO_CELLS, suites: PASSING, ...options });
  const finished = await project.vitest(['run', ...args]).done();
  expect(XMLValidator.validate(await finished.junit())).toBe(true);
  return { ...project, ...finished };
}

async function outcomes({ report }: Finished): Promise<string[]> {
  return (await report()).cells.map((cell) => cell.outcome);
}

/** Nothing that was provisioned stayed, nothing was released twice. */
async function expectReleasedOnce({ events }: Project): Promise<void> {
  const all = await events();
  const cellsOf = (event: string): string[] =>
    all.filter((one) => one.startsWith(`${event} `)).map((one) => one.slice(event.length + 1));
  expect(cellsOf('release')).toEqual(cellsOf('provision'));
}

describe('suites', () => {
  test('--bail stops after the first failure; the cell that was never begun is no pass', async () => {
    const run = await runOf({ suites: { ...PASSING, pay: firstCell('expect(1).toBe(2);') } }, ['--bail=1']);
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '1 passed, 2 failed' });
    expect(await outcomes(run)).toEqual(['incompatible', 'interrupted']);
    await expectReleasedOnce(run);
  });

  test('--bail stops after a cell without a network, too', async () => {
    const run = await runOf({ networks: { '4.5+4.8': { provision: 'not-built' } } }, ['--bail=1']);
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '0 passed, 2 failed' });
    expect(await outcomes(run)).toEqual(['not-built', 'interrupted']);
    expect(await run.events()).toEqual(['provision 4.5+4.8', 'close']);
  });

  test('a test that never ends fails at its limit', async () => {
    const run = await runOf({
      suites: { ...PASSING, pay: `test('pays', { timeout: 300 }, () => new Promise(() => {}));` },
    });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '4 passed, 2 failed' });
    expect(run.output).toContain('Test timed out in 300ms');
    await expectReleasedOnce(run);
  });

  test('a worker that is killed blocks its cell; what it had not run is an error, not a pass', async () => {
    const run = await runOf({ suites: { ...PASSING, pay: firstCell(`process.kill(process.pid, 'SIGKILL');`) } });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '4 passed, 1 failed' });
    const { cells, problems } = await run.report();
    expect(cells.map((cell) => cell.outcome)).toEqual(['blocked', 'compatible']);
    expect(cells[0]?.because).toContain('the worker ended before 2 tests had a result');
    expect(cells[0]?.tests.map((one) => one.state)).toEqual(['passed', 'not-run', 'not-run']);
    expect(problems).toEqual([]);
    expect((await run.junit()).match(/<skipped message="never ran/g)).toHaveLength(2);
    await expectReleasedOnce(run);
  });

  test('an error that nobody caught fails the run', async () => {
    const run = await runOf({
      suites: {
        ...PASSING,
        pay: firstCell(
          `setImmediate(() => { throw new Error('stray'); }); await new Promise((r) => setTimeout(r, 50));`,
        ),
      },
    });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '6 passed, 1 failed' });
    expect(run.output).toContain('uncaught error: Error: stray');
  });

  test('a file that cannot be loaded blocks its cells', async () => {
    const run = await runOf({ suites: { ...PASSING, pay: `throw new Error('broken suite');` } });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '4 passed, 2 failed' });
    expect(await outcomes(run)).toEqual(['blocked', 'blocked']);
    expect(run.output).toContain('broken suite');
  });

  test('a skip carries its reason', async () => {
    const run = await runOf({
      suites: { ...PASSING, pay: `test('pays', ({ skip }) => skip('no faults in provider local'));` },
    });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 0, lastLine: '4 passed, 0 failed, 2 skipped' });
    expect(await run.junit()).toContain('<skipped message="no faults in provider local"/>');
  });
});

describe('provisioning that fails', () => {
  test.for([
    ['incompatible', 'incompatible', '4.8 refuses to start beside 4.5'],
    ['not-built', 'not-built', 'step 2.2 start the nodes: no such release'],
    ['crash', 'blocked', 'step 2.2 start the nodes: nobody classified this'],
  ] as const)('%s: outcome %s, once, and the next cell goes on', async ([provision, outcome, because]) => {
    const run = await runOf({ networks: { '4.5+4.8': { provision } } });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '2 passed, 1 failed' });
    const { cells } = await run.report();
    expect(cells.map((cell) => cell.outcome)).toEqual([outcome, 'compatible']);
    expect(cells[0]?.because).toContain(because);
    expect(cells[0]?.left?.version).toBe('4.5-real');
    expect((await run.events()).filter((event) => event.startsWith('provision'))).toHaveLength(2);
    expect(await run.events()).not.toContain('issue 4.5+4.8');
    expect(await run.junit()).toContain(`<testcase classname="4_5+4_8" name="4.5+4.8: ${outcome}"`);
  });

  test("tells the nodes' own words", async () => {
    const run = await runOf({ networks: { '4.5+4.8': { provision: 'incompatible' } } });
    expect(run.output).toContain('the node says: party-b: too old <for> this');
    expect(await run.junit()).toContain('party-b: too old &lt;for&gt; this');
  });
});

describe('teardown that fails', () => {
  test.for([
    ['throw', 'the folder is stuck'],
    ['hang', 'not done within 2 s'],
  ] as const)('%s: the run fails though its tests passed', async ([release, message]) => {
    const run = await runOf({ networks: { '4.5+4.8': { release } } });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '4 passed, 1 failed' });
    const { cells } = await run.report();
    expect(cells.map((cell) => cell.outcome)).toEqual(['compatible', 'compatible']);
    const at = { number: '2.5', name: 'remove the space' };
    expect(cells[0]?.problems).toEqual([{ step: 'destroy', at, message: expect.stringContaining(message) as string }]);
    expect(run.output).toContain('step 2.5 remove the space FAILED: ');
    expect(await run.junit()).toContain('<error message="');
    await expectReleasedOnce(run);
  });
});

describe('declared incompatibilities', () => {
  const known = (until: string): Partial<ProjectOptions> => ({
    cells: ['4.5+4.8'],
    cell: {
      known: { reason: 'telemetry', until, failures: [{ name: 'suites/pay.test.ts > pays', words: 'expected 1' }] },
    },
  });

  test('still so: known, no failure', async () => {
    const run = await runOf({ ...known('2999-01-01'), suites: { ...PASSING, pay: firstCell('expect(1).toBe(2);') } });
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 0, lastLine: '2 passed, 0 failed, 1 skipped' });
    expect(await outcomes(run)).toEqual(['known']);
    expect(run.output).toContain('4.5+4.8: known: declared until 2999-01-01: telemetry');
  });

  test('another failure: incompatible', async () => {
    const pay = firstCell('expect(2).toBe(3);');
    const run = await runOf({ ...known('2999-01-01'), suites: { ...PASSING, pay } });
    expect({ code: run.code, outcomes: await outcomes(run) }).toEqual({ code: 1, outcomes: ['incompatible'] });
    expect(run.output).toContain('"known" declares other failures, not: suites/pay.test.ts > pays');
  });

  test('a fault of the harness beside it: blocked', async () => {
    const pay = `test('pays', () => expect(1).toBe(2)); test('hangs', { timeout: 100 }, () => new Promise(() => {}));`;
    const run = await runOf({ ...known('2999-01-01'), suites: { ...PASSING, pay } });
    expect({ code: run.code, outcomes: await outcomes(run) }).toEqual({ code: 1, outcomes: ['blocked'] });
  });

  test.for([
    [
      'before',
      `{ name: 'strict', configureVitest: ({ vitest }) => vitest.config.reporters.push({ onTestModuleEnd: () => { process.exitCode = 1; } }) }`,
    ],
    ['after', `{ name: 'strict', configureVitest: ({ vitest }) => vitest.onClose(() => { process.exitCode = 1; }) }`],
  ] as const)('an exit status that another plugin sets %s the end of the tests stays', async ([, plugins]) => {
    const options = { ...known('2999-01-01'), suites: { ...PASSING, pay: firstCell('expect(1).toBe(2);') } };
    const run = await runOf({ ...options, config: { plugins } });
    expect({ code: run.code, outcomes: await outcomes(run) }).toEqual({ code: 1, outcomes: ['known'] });
  });

  test('expired: incompatible', async () => {
    const run = await runOf({ ...known('2020-01-01'), suites: { ...PASSING, pay: firstCell('expect(1).toBe(2);') } });
    expect({ code: run.code, outcomes: await outcomes(run) }).toEqual({ code: 1, outcomes: ['incompatible'] });
  });

  test('works now: fixed, to be tidied', async () => {
    const run = await runOf(known('2999-01-01'));
    expect({ code: run.code, lastLine: run.lastLine }).toEqual({ code: 1, lastLine: '2 passed, 1 failed' });
    expect(await outcomes(run)).toEqual(['fixed']);
  });
});
