import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { lastLine } from './words.ts';

/** Characters of output that are kept for messages. */
const KEPT = 64_000;

export interface CommandOptions {
  /** For messages: `javac`, `minting`. */
  readonly name: string;
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the process: nothing is passed on that is not named. */
  readonly env: Readonly<Record<string, string>>;
  /** Its standard input; none when left out. */
  readonly input?: string;
  /** Gets all that it prints. */
  readonly logFile?: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface CommandResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  /** Both streams as they came; the last 64,000 characters. */
  readonly output: string;
}

/** Thrown when a command is still running at its limit. */
export class CommandTimeout extends Error {
  constructor({ name, limit }: CommandOptions, output: string) {
    super(`${name}: not done within ${limit / 1000} s; last output: ${lastLine(output) || '(nothing)'}`);
    this.name = 'CommandTimeout';
  }
}

/**
 * Runs a program as the leader of a process group of its own, to its end. A status other than 0 is a result, not an error.
 * When the limit passes or the signal fires the whole group is killed.
 * @throws CommandTimeout; the signal's reason; the system's error when the program cannot be started
 */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const { file, args, cwd, env, input = '', logFile, limit, signal } = options;
  signal.throwIfAborted();
  const child = execa(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    extendEnv: false,
    input,
    // The limit and the signal are for the whole group, which execa does not end.
    detached: true,
    cleanup: false,
    reject: false,
    // All that is printed would fill the memory: see `collect`.
    buffer: false,
    all: true,
  });
  const printed = collect(child);
  const logged = logFile === undefined ? undefined : pipeline(child.all, createWriteStream(logFile));
  logged?.catch(() => undefined);
  const kill = () => killGroup(child);
  const late = setTimeout(kill, limit);
  signal.addEventListener('abort', kill);
  const began = performance.now();
  try {
    const end = await child;
    signal.throwIfAborted();
    if (performance.now() - began >= limit) throw new CommandTimeout(options, printed.output);
    if (end.exitCode === undefined && end.signal === undefined) throw end.cause;
    return { code: end.exitCode ?? null, signal: end.signal ?? null, ...printed };
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', kill);
    await logged;
  }
}

/** Kills a process that leads a group, and all of the group. */
export function killGroup({ pid }: { readonly pid?: number | undefined }): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: gone already, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function collect({ stdout, stderr }: { stdout: Readable; stderr: Readable }): { stdout: string; output: string } {
  const printed = { stdout: '', output: '' };
  const keep = (text: string) => {
    printed.output = (printed.output + text).slice(-KEPT);
  };
  stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout = (printed.stdout + text).slice(-KEPT);
    keep(text);
  });
  stderr.setEncoding('utf8').on('data', keep);
  return printed;
}
