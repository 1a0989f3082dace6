import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openCache } from '../../src/harness/releases/cache.ts';
import { SILENT } from '../../src/harness/support/progress.ts';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Place, type Run } from '../e2e/compat-run.ts';
import { nodeProcess } from './node-process.ts';
import { slowRepository } from './slow-repository.ts';
import { finance, releases } from '../e2e/matrices.ts';

takeTurn('processors');

const MATRIX = { releases: releases('4.5', '4.8'), cordapps: finance('4.5') };
/** One suite is enough to be in the middle of. */
const SUITES = ['suites/issue', 'suites/pay'];

/** What the run says when it is in the middle of a phase. */
const PHASES = {
  mint: /mint the zone/,
  start: /start the nodes/,
  suite: /ok {2}suites\/issue/,
  teardown: /remove the space/,
} as const;

let place: Place | undefined;
afterEach(async () => {
  await place?.remove();
  place = undefined;
});

async function begin(
  matrix: object = MATRIX,
  args: readonly string[] = SUITES,
  env: Readonly<Record<string, string>> = {},
): Promise<{ place: Place; run: Run }> {
  place = await makePlace(matrix);
  return { place, run: place.run(args, env) };
}

/** A zone is minted once for the same addresses: with others it is minted anew. */
function newPorts(): Readonly<Record<string, string>> {
  const first = 21_996 + 6 * Math.floor(Math.random() * 1_000);
  return { COMPAT_PORTS: `${first}-${first + 99}` };
}

describe('interrupted', () => {
  test('Ctrl-C while downloading', async () => {
    const repository = await slowRepository();
    place = await makePlace(MATRIX);
    const run = place.run(SUITES, {
      COMPAT_MAVEN_REPOSITORY: repository.url,
      COMPAT_CACHE: join(place.folder, 'cache'),
    });
    await repository.asked();
    run.killGroup('SIGINT');
    const end = await run.done();
    repository.close();
    expect(end.code).toBe(130);
    expect(end.output).toMatch(/interrupted/);
    expect(await place.leftovers()).toEqual([]);
    // Vitest leaves at once where the signal hits a worker at the wrong moment: then the next run begins with what this one left.
    const cache = join(place.folder, 'cache');
    await openCache({ env: { COMPAT_CACHE: cache }, progress: SILENT, signal: new AbortController().signal });
    expect(await halfDone(cache)).toEqual([]);
  }, 120_000);

  test.for([
    ['mint', 'SIGINT', 130],
    ['start', 'SIGTERM', 143],
    ['suite', 'SIGINT', 130],
    ['teardown', 'SIGTERM', 143],
  ] as const)(
    'in phase %s by %s: exit status %d, nothing left, reports written',
    { timeout: 180_000 },
    async ([phase, signal, code]) => {
      const { place, run } = await begin(MATRIX, SUITES, phase === 'mint' ? newPorts() : {});
      await run.says(PHASES[phase]);
      if (signal === 'SIGINT') run.killGroup(signal);
      else run.kill(signal);
      const end = await run.done();
      expect(end.code).toBe(code);
      expect(await place.leftovers(0)).toEqual([]);
      const cell = await end.cell('4.5+4.8');
      expect(phase === 'teardown' ? ['interrupted', 'compatible'] : ['interrupted']).toContain(cell.outcome);
      expect(await end.junit()).toContain('4.5+4.8');
      expect(end.lastLine).toMatch(/^\d+ passed, \d+ failed/);
    },
  );
});

describe('killed', () => {
  test.for(['start', 'suite'] as const)(
    'SIGKILL of the main process in phase %s: the reaper cleans',
    { timeout: 180_000 },
    async (phase) => {
      const { place, run } = await begin();
      await run.says(PHASES[phase]);
      run.kill('SIGKILL');
      await run.done();
      expect(await place.leftovers(30_000)).toEqual([]);
    },
  );

  test('SIGKILL of the whole process group', async () => {
    const { place, run } = await begin();
    await run.says(PHASES.start);
    run.killGroup('SIGKILL');
    await run.done();
    expect(await place.leftovers(30_000)).toEqual([]);
  });
});

describe('a process of the network dies', () => {
  test('a node while starting: blocked, with the way it ended', async () => {
    const { place, run } = await begin();
    await run.says(PHASES.start);
    process.kill(await nodeProcess(place, 'party-b'), 'SIGKILL');
    const end = await run.done();
    const cell = await end.cell('4.5+4.8');
    expect(cell.outcome, cell.because).toBe('blocked');
    expect(cell.because).toMatch(/party-b \(4\.8\) .*killed by SIGKILL/);
    expect(end.code).toBe(1);
    expect(await place.leftovers(0)).toEqual([]);
  }, 180_000);

  test('a node while trading: blocked, not incompatible', async () => {
    const { place, run } = await begin();
    await run.says(PHASES.suite);
    process.kill(await nodeProcess(place, 'party-b'), 'SIGKILL');
    const end = await run.done();
    const cell = await end.cell('4.5+4.8');
    expect(cell.outcome, cell.because).toBe('blocked');
    expect(cell.because).toMatch(/party-b \(4\.8\) ended while trading: killed by SIGKILL/);
    expect(end.code).toBe(1);
    expect(await place.leftovers(0)).toEqual([]);
  }, 240_000);

  test('the worker that runs the suites: blocked, network removed', async () => {
    const { place, run } = await begin();
    await run.says(PHASES.suite);
    process.kill(await workerOf(run.pid), 'SIGKILL');
    const end = await run.done();
    const cell = await end.cell('4.5+4.8');
    expect(cell.outcome, cell.because).toBe('blocked');
    expect(end.code).toBe(1);
    expect(await end.junit()).toMatch(/<error/);
    expect(await place.leftovers(0)).toEqual([]);
  }, 180_000);
});

/** Pid of the vitest worker below a main process. */
async function workerOf(main: number): Promise<number> {
  const children = await readFile(`/proc/${main}/task/${main}/children`, 'utf8');
  for (const pid of children.trim().split(' ')) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('vitest') || command.includes('tinypool')) return Number(pid);
  }
  throw new Error(`no worker below ${main}`);
}

/** Temporary and partial files of a cache: a download that may be resumed is named so and no rubbish. */
async function halfDone(cache: string): Promise<readonly string[]> {
  const all = await readdir(cache, { recursive: true }).catch(() => []);
  return all.filter((path) => /(^|\/)(temporary|tmp)\/.+/.test(path));
}
