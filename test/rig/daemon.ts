import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../src/harness/support/files.ts';
import { lookUpProcess, type ProcessRef } from '../../src/harness/support/processes.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { RIG_MARKER } from './remains.ts';

const START_LIMIT_MS = 60_000;

/** A program that goes on when this one ends. */
export interface Daemon {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Its log is below it, and it is found by it. */
  readonly root: string;
  /** Where it looks for programs; by default where this one does. */
  readonly path?: string;
}

/** Starts a daemon; `lacks` says what it does not do yet. Resolves when there is nothing more. */
export async function startDaemon(
  { name, file, args, root, path }: Daemon,
  lacks: () => Promise<string | undefined>,
): Promise<void> {
  const log = join(root, 'logs', `${name}.log`);
  await mkdir(join(root, 'logs'), { recursive: true });
  const output = await open(log, 'a');
  const env = { PATH: path ?? process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', [RIG_MARKER]: root };
  const stdio = ['ignore', output.fd, output.fd] as const;
  const child = spawn(file, args, { cwd: root, env, detached: true, stdio: [...stdio] });
  await once(child, 'spawn');
  await output.close();
  child.unref();
  const self = await lookUpProcess(child.pid ?? 0);
  if (self) await writeDurably(processFile(root, name), JSON.stringify(self));
  const probe = async () => {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}:\n${await lastWords(log)}`);
    }
    const last = await lacks();
    return last === undefined ? { done: true as const, value: undefined } : { done: false as const, last };
  };
  await waitUntil(probe, { name, limit: START_LIMIT_MS });
}

/** The process of a daemon that was started; it may have ended. */
export async function recordedDaemon(root: string, name: string): Promise<ProcessRef | undefined> {
  const text = await readFile(processFile(root, name), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ProcessRef);
}

function processFile(root: string, name: string): string {
  return join(root, 'logs', `${name}.process.json`);
}

async function lastWords(log: string): Promise<string> {
  return (await readFile(log, 'utf8')).trim().split('\n').slice(-8).join('\n');
}
