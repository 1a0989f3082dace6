import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join, basename, dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { blocked, bug } from '../support/step-error.ts';
import { isSource, moduleFile } from '../support/own-files.ts';
import { withLimit } from '../support/wait.ts';
import { isAlive, lookUpProcess, type ProcessRef } from '../support/processes.ts';
import { writeDurably } from '../support/files.ts';

const READY_LIMIT_MS = 15_000;
const DONE_LIMIT_MS = 5_000;

/** The process that cleans up after this one. */
export interface Reaper {
  readonly pid: number;
  /** All is undone and the state folder is removed: the reaper ends without doing anything. Idempotent. */
  done(): Promise<void>;
  /** The run could not undo everything and ends: the reaper tries once more, and writes down what it cannot undo. */
  handOver(): void;
}

interface ReaperProcess {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
}

/**
 * Starts the reaper of a run, in a session of its own; resolves when it watches. If this process dies without having
 * said `done`, the reaper undoes the ledger in the state folder and removes that folder.
 * @throws StepError blocked when it does not start: then nothing may be provisioned
 */
export async function startReaper(stateFolder: string): Promise<Reaper> {
  const errorFile = join(stateFolder, 'reaper.err');
  let reaper: ReaperProcess | undefined;
  try {
    reaper = await launch(stateFolder, errorFile);
    await withLimit(watches(reaper), { name: 'the reaper', limit: READY_LIMIT_MS });
  } catch (error) {
    reaper?.child.kill('SIGKILL');
    const words = (await readFile(errorFile, 'utf8').catch(() => '')).trim().slice(-2_000);
    throw blocked('space', `the reaper failed to start: ${(error as Error).message} ${words}`.trim(), { cause: error });
  }
  letGo(reaper);
  return handleOf(reaper);
}

/** Variables of the run that lead to a cluster: credential programs look for their files, a Pod for its API server. */
const HANDED_ON = ['PATH', 'HOME', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'];

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(HANDED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

async function launch(stateFolder: string, errorFile: string): Promise<ReaperProcess> {
  const errors = await open(errorFile, 'a', 0o600);
  try {
    // Not by execa, which ends what it has started: the reaper outlives this process.
    const child = spawn(process.execPath, reaperCommand(stateFolder), {
      cwd: '/',
      // No NODE_OPTIONS: neither debugger nor loaders of the run belong in there.
      env: ownEnvironment(),
      detached: true,
      stdio: ['pipe', 'pipe', errors.fd],
    });
    const { stdin, stdout } = child;
    if (!stdin || !stdout) bug('there are no pipes to the reaper');
    // A reaper that has died is noticed when it is told that all is done; until then the run goes on without it.
    stdin.on('error', () => undefined);
    return { child, stdin, stdout };
  } finally {
    await errors.close();
  }
}

/** The arguments of Node. In this repository the reaper is TypeScript, which Node 20 does not run. */
function reaperCommand(stateFolder: string): string[] {
  const program = moduleFile('./reaper-main', import.meta.url);
  if (!isSource(import.meta.url)) return [program, stateFolder];
  const runner = fileURLToPath(new URL('../../../scripts/run-from-source.js', import.meta.url));
  return [runner, program, join(stateFolder, 'reaper.mjs'), stateFolder];
}

async function watches({ child, stdout }: ReaperProcess): Promise<void> {
  const failed = Promise.race([
    once(child, 'error').then(([error]) => Promise.reject(error as Error)),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${String(code)}`))),
  ]);
  const ready = (async () => {
    let text = '';
    for await (const chunk of stdout) {
      text += String(chunk);
      if (text.includes(READY)) return;
    }
    await failed;
  })();
  await Promise.race([ready, failed]);
}

/** Neither the reaper nor the pipe to it keeps the run from ending. */
function letGo({ child, stdin, stdout }: ReaperProcess): void {
  stdout.destroy();
  child.unref();
  (stdin as Socket).unref();
}

function handleOf({ child, stdin }: ReaperProcess): Reaper {
  const { pid = 0 } = child;
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    async done() {
      if (isGone()) return;
      const exit = once(child, 'exit');
      child.ref();
      stdin.end(`${DONE}\n`);
      await withLimit(exit, { name: `end of the reaper (pid ${pid})`, limit: DONE_LIMIT_MS }).catch(() => {
        child.kill('SIGKILL');
      });
    },
    handOver() {
      stdin.end();
    },
  };
}

/** Said by the run when all is undone; said by the reaper when it watches. */
export const DONE = 'done';
export const READY = 'ready';

/** The entries that the reaper failed to undo; the file exists only if there are some. */
export function reaperLog(stateFolder: string): string {
  return join(dirname(stateFolder), `reaper-${basename(stateFolder)}.log`);
}

/** The run's id in the name of a reaper's log, if it is one. */
export function runOfReaperLog(name: string): string | undefined {
  return /^reaper-(.+)\.log$/.exec(name)?.[1];
}

export async function writeReaper(stateFolder: string): Promise<void> {
  const self = await lookUpProcess(process.pid);
  if (self) await writeDurably(reaperFile(stateFolder), JSON.stringify({ pid: self.pid, started: self.started }));
}

/** Whether the reaper of a run is still there: then it is the one to clean up. */
export async function isReaperAlive(stateFolder: string): Promise<boolean> {
  try {
    const { pid, started } = JSON.parse(await readFile(reaperFile(stateFolder), 'utf8')) as Partial<ProcessRef>;
    return pid !== undefined && started !== undefined && (await isAlive({ pid, started }));
  } catch {
    return false;
  }
}

function reaperFile(stateFolder: string): string {
  return join(stateFolder, 'reaper.json');
}
