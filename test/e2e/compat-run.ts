import { execa } from 'execa';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CellReport, RunReport } from '../../src/harness/judge/run-report.ts';
import { listProcesses } from '../../src/harness/support/processes.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = join(REPOSITORY, 'node_modules/vitest/vitest.mjs');
const CLI = join(REPOSITORY, 'bin/corda-compat.js');

/** A place for runs of the real thing: a matrix of its own, results and temporary files of its own, the user's cache. */
export interface Place {
  readonly folder: string;
  run(args?: readonly string[], env?: Readonly<Record<string, string>>): Run;
  /** `corda-compat` with these arguments. */
  command(args: readonly string[], env?: Readonly<Record<string, string>>): Run;
  /** Processes, folders and sockets of runs made here that still exist; waits a little for a reaper to finish. */
  leftovers(limitMs?: number): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export interface Run {
  readonly pid: number;
  output(): string;
  /** Resolves when the output matches. */
  says(pattern: RegExp, limitMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** As a terminal does: the whole process group. */
  killGroup(signal: NodeJS.Signals): void;
  done(): Promise<Finished>;
  /** Ends it as a person would, if it still runs. */
  end(): Promise<void>;
}

export interface Finished {
  /** Exit status; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly output: string;
  readonly lastLine: string;
  report(): Promise<RunReport>;
  cell(name: string): Promise<CellReport>;
  junit(): Promise<string>;
}

/** @param matrix what matrix.json says */
export async function makePlace(matrix: object): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'compat-e2e-'));
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  await writeFile(join(folder, 'matrix.json'), JSON.stringify(matrix, undefined, 2));
  const runs: Run[] = [];
  const start = (args: readonly string[], env: Readonly<Record<string, string>>): Run => {
    const run = startRun(folder, args, env);
    runs.push(run);
    return run;
  };
  return {
    folder,
    run: (args = [], env = {}) => start([VITEST, 'run', ...args], env),
    command: (args, env = {}) => start([CLI, ...args], env),
    leftovers: (limitMs = 20_000) => leftovers(folder, limitMs),
    remove: async () => {
      // A test that failed half-way leaves its run behind; one that has ended does not mind.
      await Promise.all(runs.map((run) => run.end()));
      await leftovers(folder, 20_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startRun(folder: string, args: readonly string[], env: Readonly<Record<string, string>>): Run {
  let text = '';
  const child = execa(process.execPath, [...args], {
    cwd: REPOSITORY,
    env: { ...ownEnvironment(), ...placeEnvironment(folder), ...env },
    extendEnv: false,
    all: true,
    reject: false,
    detached: true,
    stdin: 'ignore',
  });
  child.all.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${args.join(' ')} did not start`);
  return {
    pid,
    output: () => text,
    says: (pattern, limit = 300_000) =>
      says({ output: () => text, ended: () => child.exitCode !== null }, pattern, limit),
    kill: (signal) => void process.kill(pid, signal),
    killGroup: (signal) => void process.kill(-pid, signal),
    done: async () => finished(folder, await child),
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(pid, 'SIGTERM');
      await child;
    },
  };
}

function placeEnvironment(folder: string): Record<string, string> {
  return {
    COMPAT_MATRIX: join(folder, 'matrix.json'),
    COMPAT_RESULTS: join(folder, 'results'),
    TMPDIR: join(folder, 'tmp'),
    NO_COLOR: '1',
  };
}

/** The environment without the variables of the vitest that runs this test. */
function ownEnvironment(): Record<string, string> {
  const foreign = /^(VITEST|TEST$|NODE_ENV|MODE|DEV|PROD|SSR|BASE_URL)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return Object.fromEntries(own.map(([name, value]) => [name, value ?? '']));
}

interface Talking {
  readonly output: () => string;
  readonly ended: () => boolean;
}

async function says(run: Talking, pattern: RegExp, limit: number): Promise<void> {
  await waitUntil(
    () => {
      if (pattern.test(run.output())) return { done: true, value: undefined };
      if (run.ended()) throw new Error(`the run ended without saying ${String(pattern)}:\n${run.output()}`);
      return { done: false, last: run.output().trimEnd().split('\n').at(-1) ?? 'nothing' };
    },
    { name: `output ${String(pattern)}`, limit, every: 20 },
  );
}

function finished(folder: string, { exitCode, all = '' }: { exitCode?: number; all?: string }): Finished {
  const read = (name: string) => readFile(join(folder, 'results', name), 'utf8');
  const report = async () => JSON.parse(await read('run.json')) as RunReport;
  return {
    code: exitCode,
    output: all,
    lastLine: all.trimEnd().split('\n').at(-1) ?? '',
    report,
    cell: async (name) => {
      const { cells } = await report();
      const found = cells.find((cell) => cell.name === name);
      if (!found) throw new Error(`run.json has no cell ${name}, only ${cells.map((cell) => cell.name).join(', ')}`);
      return found;
    },
    junit: () => read('junit.xml'),
  };
}

async function leftovers(folder: string, limitMs: number): Promise<readonly string[]> {
  let left: readonly string[] = [];
  await waitUntil(
    async () => {
      left = [...(await readdir(join(folder, 'tmp'))), ...(await processesOf(folder))];
      return left.length === 0 ? { done: true, value: undefined } : { done: false, last: left.join(', ') };
    },
    { name: `nothing left of runs in ${folder}`, limit: limitMs, every: 100 },
  ).catch(() => undefined);
  return left;
}

/** Processes whose environment names this place: nodes, drivers, workers, reapers, whoever started them. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const rows = await listProcesses();
  const found = await Promise.all(
    rows.map(async ({ pid }) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return environment.includes(folder) || command.includes(folder) ? `process ${pid} ${command.slice(0, 80)}` : '';
    }),
  );
  return found.filter((text) => text !== '');
}
