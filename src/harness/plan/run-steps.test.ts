import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type StepFailure, incompatible } from '../support/step-error.ts';
import { waitUntil } from '../support/wait.ts';
import { createStepRunner } from './run-steps.ts';
import type { ReadyStep } from './steps.ts';

function rig(steps: readonly ReadyStep[], numbers: readonly string[] = ['1', '4.1', '4.2', '4.3', '4.4']) {
  const said: string[] = [];
  const failures: StepFailure[] = [];
  const problems: string[] = [];
  const stop = new AbortController();
  const runner = createStepRunner({ say: (text) => said.push(text), numbers: () => numbers });
  const run = () =>
    runner.run(steps, {
      signal: stop.signal,
      unwind: 50,
      onFailure: (failure) => failures.push(failure),
      onProblem: (step, error) => problems.push(`${step}: ${String(error)}`),
    });
  return { run, runner, said, failures, problems, stop };
}

const fine = (): Promise<void> => Promise.resolve();
const never = (): Promise<void> => new Promise(() => undefined);
const RESOLVE: ReadyStep = { id: 'resolve', name: 'resolve the releases', run: fine };
const TABLES: ReadyStep = { id: 'schema', name: 'make the tables', limit: 180_000, run: fine };
const START: ReadyStep = { id: 'start', name: 'start the nodes', run: fine };
const REMOVE: ReadyStep = { id: 'destroy', name: 'remove the space', always: () => true, run: fine };

test('steps are carried out in their order, under their numbers, and counted by kind', async () => {
  const { run, runner, said, failures } = rig([RESOLVE, TABLES, REMOVE]);
  await run();
  expect(said).toEqual(['1 resolve the releases', '4.1 make the tables', '4.2 remove the space']);
  expect(runner.reports()).toMatchObject([
    { number: '1', name: 'resolve the releases', phase: 'resolve', waits: [] },
    { number: '4.1', phase: 'schema' },
    { number: '4.2', phase: 'destroy' },
  ]);
  expect(runner.timings().map(({ phase }) => phase)).toEqual(['resolve', 'schema', 'destroy']);
  expect(failures).toEqual([]);
});

describe('a failure', () => {
  test('has its step and number, and ends all but what always runs where there is something for it', async () => {
    const refused = incompatible('zone', 'refused', { words: ['too old'] });
    const nothing: ReadyStep = { ...REMOVE, name: 'keep the evidence', id: 'evidence', always: () => false };
    const { run, said, failures } = rig([
      RESOLVE,
      { ...TABLES, run: () => Promise.reject(refused) },
      START,
      nothing,
      REMOVE,
    ]);
    await run();
    const at = { number: '4.1', name: 'make the tables' };
    expect(failures).toEqual([{ outcome: 'incompatible', step: 'schema', at, message: 'refused', words: ['too old'] }]);
    expect(said).toEqual(['1 resolve the releases', '4.1 make the tables', '4.4 remove the space']);
  });

  test('of what goes on meanwhile is told under its own number by the step that waits for it', async () => {
    const drivers = Promise.reject(new Error('no driver'));
    const { run, failures } = rig([
      { id: 'driver', name: 'start the drivers', meanwhile: true, run: () => drivers },
      TABLES,
      { ...START, run: () => Promise.all([fine(), drivers]).then(() => undefined) },
      REMOVE,
    ]);
    await run();
    expect(failures).toMatchObject([{ at: { number: '1', name: 'start the drivers' }, message: 'no driver' }]);
  });

  test('of a step that always runs is a problem, and the next one runs all the same', async () => {
    const stuck: ReadyStep = { ...REMOVE, id: 'evidence', name: 'keep the evidence', limit: 20, run: never };
    const { run, said, problems, failures } = rig([stuck, REMOVE]);
    await run();
    expect(problems).toEqual(['evidence: StepError: step 1 keep the evidence: not done within 0.02 s']);
    expect(said.at(-1)).toBe('4.1 remove the space');
    expect(failures).toEqual([]);
  });
});

describe('a step that is stopped', () => {
  test('is told at once with why, ends first, and is followed by what always runs', async () => {
    const events: string[] = [];
    let finish: (() => void) | undefined;
    const long = () => new Promise<void>((resolve) => (finish = resolve)).then(() => void events.push('ended'));
    const { run, failures, stop } = rig([
      { ...START, run: long },
      { ...REMOVE, run: () => Promise.resolve(void events.push('removed')) },
    ]);
    const running = run();
    await expect.poll(() => finish).toBeDefined();
    stop.abort(new Error('too late'));
    await expect.poll(() => failures.length).toBe(1);
    expect(failures[0]).toMatchObject({ at: { number: '1' }, message: 'too late' });
    expect(events).toEqual([]);
    finish?.();
    await running;
    expect(events).toEqual(['ended', 'removed']);
  });

  test('and does not end is a problem, and what always runs comes', async () => {
    const { run, said, problems, stop } = rig([{ ...START, run: never }, REMOVE]);
    const running = run();
    stop.abort(new Error('too late'));
    await running;
    expect(problems).toEqual([
      'destroy: Error: step 1 start the nodes to end when it was stopped: not done within 0.05 s',
    ]);
    expect(said.at(-1)).toBe('4.1 remove the space');
  });
});

describe('a step that lasts', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  test('says how long it has, how far it is, and what it waits for; the names of its waits are kept', async () => {
    let isUp = false;
    const probe = () => (isUp ? { done: true as const, value: undefined } : { done: false as const, last: 'starting' });
    const wait = () => waitUntil(probe, { name: 'start of party-b (4.10)', limit: 180_000, every: 1 });
    const { run, runner, said } = rig([
      { ...TABLES, run: wait },
      { ...START, run: wait },
    ]);
    const running = run();
    await vi.waitFor(() => expect(said).toHaveLength(1));
    runner.far(() => '1 of 3 up');
    // The first look of the wait is behind it.
    await new Promise((done) => setImmediate(done));
    vi.advanceTimersByTime(12_000);
    isUp = true;
    await running;
    const waits = 'waits for start of party-b (4.10) (seen: starting)';
    expect(said.slice(0, 3)).toEqual([
      '1 make the tables',
      `1 make the tables: 5 s of 180 s; 1 of 3 up; ${waits}`,
      `1 make the tables: 10 s of 180 s; 1 of 3 up; ${waits}`,
    ]);
    expect(said.slice(3)).toEqual(['4.1 start the nodes']);
    expect(runner.reports().map(({ waits: names }) => names)).toEqual([
      ['start of party-b (4.10)'],
      ['start of party-b (4.10)'],
    ]);
  });
});
