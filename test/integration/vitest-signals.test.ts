import { afterEach, describe, expect, test } from 'vitest';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { makeProject } from './vitest-run.ts';
import type { Finished, Project, ProjectOptions, Running } from './vitest-run.ts';

/** Whatever stops a run: everything that was provisioned is released once, the reports are written, the code says so. */

const CELLS = ['4.5+4.8', '4.8+4.10'];
/** Says that it has begun, then never ends by itself; its worker's pid goes to the log. */
const ENDLESS = `test('pays', async () => { log('worker ' + process.pid); log('trading'); await new Promise(() => {}); });`;
const PASSING = `test('issues', () => log('issue ' + cell));`;

/** Of the first cell: an operation that failed, in its journal. */
const FAILING = `test('pays', async () => {
  if (cell !== '4.5+4.8') return;
  const { mkdirSync } = await import('node:fs');
  const folder = join(import.meta.dirname, '../test-results', cell);
  mkdirSync(folder, { recursive: true });
  const sides = { from: 'party-a', to: 'party-b', fromRelease: '4.5', toRelease: '4.8' };
  const operation = { id: 'pay-1', kind: 'pay', ...sides, amount: 1, currency: 'USD', by: 'pays' };
  const at = new Date().toISOString();
  const end = { result: 'failed', error: 'it did' };
  for (const line of [{ event: 'invoked', at, operation }, { event: 'ended', at, id: 'pay-1', end }])
    appendFileSync(join(folder, 'journal.jsonl'), JSON.stringify(line) + '\\n');
  expect(1).toBe(2);
});`;
const SHRINKING = { workload: { seed: 7, operations: 1, parallel: 1, shrink: { tries: 2, limit: 600_000 } } };

let project: Project | undefined;
afterEach(() => project?.remove());

async function begun(options: Partial<ProjectOptions>, event: string): Promise<Running> {
  project = await makeProject({ cells: CELLS, suites: { issue: PASSING }, ...options });
  const running = project.vitest(['run']);
  await running.seen(event);
  return running;
}

async function expectInterrupted(finished: Finished, code: number): Promise<void> {
  const { interrupted, cells, ok } = await finished.report();
  expect({ code: finished.code, ok }).toEqual({ code, ok: false });
  expect(interrupted).toContain('SIG');
  expect(finished.lastLine).toBe(lastLineOf(await finished.report()));
  expect(await finished.junit()).toContain('<testsuites');
  expect(cells.map((cell) => cell.name)).toEqual(CELLS);
}

function lastLineOf({ totals }: Awaited<ReturnType<Finished['report']>>): string {
  return `${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`;
}

async function eventsOf(kind: string): Promise<string[]> {
  return ((await project?.events()) ?? []).filter((event) => event.startsWith(`${kind} `));
}

describe.for([
  ['SIGINT', 130, 'killGroup'],
  ['SIGINT', 130, 'kill'],
  ['SIGTERM', 143, 'kill'],
  ['SIGHUP', 129, 'killGroup'],
] as const)('%s (exit %i, by %s)', ([signal, code, how]) => {
  test('while a network comes up', async () => {
    const running = await begun({ networks: { '4.5+4.8': { provision: 'hang' } } }, 'provision 4.5+4.8');
    running[how](signal);
    const finished = await running.done();
    await expectInterrupted(finished, code);
    const { cells } = await finished.report();
    expect(cells.map((cell) => cell.outcome)).toEqual(['interrupted', 'interrupted']);
    expect(cells[0]?.failure?.step).toBe('start');
    expect(await eventsOf('provision')).toHaveLength(1);
    expect(await project?.leftovers()).toEqual([]);
  });

  test('while a suite runs', async () => {
    const running = await begun({ suites: { issue: PASSING, pay: ENDLESS } }, 'trading');
    running[how](signal);
    const finished = await running.done();
    await expectInterrupted(finished, code);
    const { cells } = await finished.report();
    expect(cells.map((cell) => cell.outcome)).toEqual(['interrupted', 'interrupted']);
    expect(cells[0]?.tests.map((one) => one.state)).toEqual(['passed', 'not-run']);
    expect(await eventsOf('released')).toEqual(['released 4.5+4.8']);
    expect(await eventsOf('release')).toHaveLength(1);
    expect((await project?.events())?.at(-1)).toBe('close');
    expect(await project?.leftovers()).toEqual([]);
  });

  test('while a failure is carried out again', async () => {
    const running = await begun(
      {
        networks: { '4.5+4.8/replay-1': { provision: 'hang' } },
        suites: { issue: PASSING, pay: FAILING },
        cell: SHRINKING,
      },
      'provision 4.5+4.8/replay-1',
    );
    running[how](signal);
    const finished = await running.done();
    await expectInterrupted(finished, code);
    const { cells } = await finished.report();
    expect(cells.map((cell) => cell.outcome)).toEqual(['incompatible', 'compatible']);
    expect(cells[0]?.replay).toMatchObject({ result: 'unknown', stopped: `${signal} stopped the run` });
    expect(await eventsOf('provision')).toEqual(
      ['4.5+4.8', '4.8+4.10', '4.5+4.8/replay-1'].map((cell) => `provision ${cell}`),
    );
    expect((await project?.events())?.at(-1)).toBe('close');
    expect(await project?.leftovers()).toEqual([]);
  });

  test('while a network is removed: the removal is waited for', async () => {
    const running = await begun({ networks: { '4.8+4.10': { release: 'slow' } } }, 'release 4.8+4.10');
    running[how](signal);
    const finished = await running.done();
    await expectInterrupted(finished, code);
    const { cells } = await finished.report();
    expect(cells.map((cell) => cell.outcome)).toEqual(['compatible', 'compatible']);
    expect(await eventsOf('released')).toEqual(['released 4.5+4.8', 'released 4.8+4.10']);
  });
});

describe('worse', () => {
  test('after a failed test: interrupted, with what was found', async () => {
    const pay = `test('pays', () => expect(1).toBe(2)); ${ENDLESS.replace("'pays'", "'pays back'")}`;
    const running = await begun({ suites: { issue: PASSING, pay } }, 'trading');
    running.killGroup('SIGINT');
    const finished = await running.done();
    await expectInterrupted(finished, 130);
    const [cell] = (await finished.report()).cells;
    expect(cell).toMatchObject({ outcome: 'interrupted', failures: ['suites/pay.test.ts > pays'] });
    expect(cell?.because).toBe('SIGINT stopped the run; until then: 1 test failed, first: suites/pay.test.ts > pays');
  });

  test('one Ctrl-C that arrives twice, as through npx, is one', async () => {
    const running = await begun({ networks: { '4.5+4.8': { release: 'slow' } }, suites: { pay: ENDLESS } }, 'trading');
    running.killGroup('SIGINT');
    running.kill('SIGINT');
    await expectInterrupted(await running.done(), 130);
    expect(await eventsOf('released')).toEqual(['released 4.5+4.8']);
  });

  test('a second signal leaves at once, with reports', async () => {
    const running = await begun(
      {
        networks: { '4.5+4.8': { release: 'hang' } },
        suites: { pay: ENDLESS },
        cell: { limits: { flow: 1000, teardown: 600_000 } },
      },
      'trading',
    );
    running.kill('SIGTERM');
    await running.seen('release 4.5+4.8');
    // Until the signal counts as a second one.
    const gone = running.done();
    const again = setInterval(() => running.kill('SIGTERM'), 100);
    const finished = await gone.finally(() => clearInterval(again));
    await expectInterrupted(finished, 143);
    expect((await finished.report()).problems).toHaveLength(1);
    expect(await eventsOf('released')).toEqual([]);
  });

  test('a worker that does not listen is killed', async () => {
    const deaf = `test('pays', () => { log('trading'); for (;;) { /* busy */ } });`;
    const running = await begun({ suites: { pay: deaf } }, 'trading');
    running.kill('SIGTERM');
    await expectInterrupted(await running.done(), 143);
    expect(await eventsOf('released')).toEqual(['released 4.5+4.8']);
  });

  test('SIGKILL of the main process leaves no worker behind, and no socket', async () => {
    const running = await begun({ suites: { pay: ENDLESS } }, 'trading');
    const worker = Number((await eventsOf('worker'))[0]?.split(' ')[1]);
    running.kill('SIGKILL');
    await running.done();
    await waitUntil(() => (isAlive(worker) ? { done: false, last: 'alive' } : { done: true, value: undefined }), {
      name: `end of worker ${worker}`,
      limit: 10_000,
    });
    expect(await project?.leftovers()).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
