import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { DRIVER_MAIN, DRIVER_TOKEN, toolJvmArgs, type JvmTools } from '../domain/jvm-tools.ts';
import type { DriverAddress } from '../domain/lease.ts';
import { SPACE_MARKER } from '../domain/ledger.ts';
import type { CordappArtefact, JavaRuntime, NodeKit } from '../domain/release.ts';
import { blocked } from '../domain/step-error.ts';
import { killGroup } from '../support/run-command.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait-until.ts';

const HEAP_MB = 128;
/** Printed by src/jvm/driver's Main. */
const LISTENING = /^driver listening on 127\.0\.0\.1:(\d+)$/m;
/** From the end of its input to SIGKILL, in milliseconds. */
const GRACE_MS = 3_000;

export interface DriverOptions {
  readonly tools: JvmTools;
  /** The release whose RPC the driver speaks: the one that `tools` were compiled against. */
  readonly kit: NodeKit;
  /** Classes of the flows and states that it names: finance and the healthcheck. */
  readonly cordapps: readonly CordappArtefact[];
  readonly runtime: JavaRuntime;
  /** Console of the driver. */
  readonly logFile: string;
  /** Marks the process (`SPACE_MARKER`). */
  readonly marker: string;
  /** Milliseconds until it must listen. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Told as soon as the process exists, for the run's ledger. */
  readonly onPid?: (pid: number) => void;
}

export interface DriverExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface DriverProcess {
  readonly address: DriverAddress;
  readonly pid: number;
  /** Ends it by closing its standard input, then by SIGKILL to its group. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Resolves when it is gone, whoever ended it. */
  readonly exited: Promise<DriverExit>;
}

/**
 * Starts a driver and waits until it listens; no node needs to exist yet.
 * @throws StepError blocked (driver) with the driver's own words
 */
export async function startDriver(options: DriverOptions): Promise<DriverProcess> {
  const token = randomBytes(24).toString('hex');
  const child = await spawnDriver(options, token);
  const exited = new Promise<DriverExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  try {
    const url = await listening(options, exited);
    return { address: { url, token }, pid: child.pid ?? 0, exited, stop: () => stop(child, exited) };
  } catch (error) {
    killGroup(child);
    await exited;
    throw error;
  }
}

async function spawnDriver(options: DriverOptions, token: string): Promise<ChildProcess> {
  const { tools, kit, cordapps, runtime, logFile, marker } = options;
  const classPath = [tools.classes, ...kit.classPath, ...cordapps.map(({ file }) => file)].join(delimiter);
  const args = [...toolJvmArgs(runtime.major, HEAP_MB), '-cp', classPath, DRIVER_MAIN];
  const env = { LC_ALL: 'C.UTF-8', [SPACE_MARKER]: marker, [DRIVER_TOKEN]: token };
  const log = await open(logFile, 'w');
  try {
    const child = spawn(runtime.java, args, { env, detached: true, stdio: ['pipe', log.fd, log.fd] });
    child.stdin?.on('error', () => undefined);
    await once(child, 'spawn');
    if (child.pid !== undefined) options.onPid?.(child.pid);
    return child;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw blocked('driver', `the driver could not be started with ${runtime.java} (${runtime.origin}): ${why}`, {
      cause: error,
    });
  } finally {
    await log.close();
  }
}

async function listening(options: DriverOptions, exited: Promise<DriverExit>): Promise<string> {
  const { tools, logFile, limit, signal } = options;
  let exit: DriverExit | undefined;
  void exited.then((end) => (exit = end));
  const subject = `driver (${tools.compiledAgainst})`;
  const probe = async (): Promise<Seen<string>> => {
    const gone = exit;
    const text = await readFile(logFile, 'utf8');
    const port = LISTENING.exec(text)?.[1];
    if (port !== undefined) return { done: true, value: `http://127.0.0.1:${port}` };
    const words = text.trim().split('\n');
    if (gone) {
      const how = gone.signal ?? `status ${gone.code}`;
      throw blocked('driver', `${subject} ended with ${how}: “${words[0] || '(nothing)'}”; log: ${logFile}`, { words });
    }
    return { done: false, last: words.at(-1) || 'nothing on its console' };
  };
  try {
    return await waitUntil(probe, { name: `start of the ${subject}`, limit, every: 25, signal });
  } catch (error) {
    if (error instanceof WaitTimeout) throw blocked('driver', `${error.message}; log: ${logFile}`, { cause: error });
    throw error;
  }
}

async function stop(child: ChildProcess, exited: Promise<DriverExit>): Promise<void> {
  child.stdin?.end();
  const late = setTimeout(() => killGroup(child), GRACE_MS);
  await exited;
  clearTimeout(late);
}
