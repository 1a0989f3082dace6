import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

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
    const last = output.trimEnd().split('\n').at(-1);
    super(`${name}: not done within ${limit / 1000} s; its last words: ${last || '(nothing)'}`);
    this.name = 'CommandTimeout';
  }
}

/**
 * Runs a program as the leader of a process group of its own, to its end. A status other than 0 is a result, not an error.
 * When the limit passes or the signal fires the whole group is killed.
 * @throws CommandTimeout; the signal's reason; the system's error when the program cannot be started
 */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const { file, args, cwd, env, input, logFile, limit, signal } = options;
  signal.throwIfAborted();
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const printed = collect(child);
  const log = logFile === undefined ? undefined : createWriteStream(logFile);
  if (log) {
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
  }
  // A program that does not read its input to the end is not an error of ours.
  child.stdin.on('error', () => undefined).end(input ?? '');
  const kill = () => killGroup(child);
  const late = setTimeout(kill, limit);
  signal.addEventListener('abort', kill);
  const began = performance.now();
  try {
    const end = await ended(child);
    signal.throwIfAborted();
    if (performance.now() - began >= limit) throw new CommandTimeout(options, printed.output);
    return { ...end, ...printed };
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', kill);
    if (log) await finished(log.end());
  }
}

/** Kills a process that leads a group, and all of the group. */
export function killGroup({ pid }: Pick<ChildProcess, 'pid'>): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: gone already, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function collect({ stdout, stderr }: ChildProcess): { stdout: string; output: string } {
  const printed = { stdout: '', output: '' };
  const keep = (text: string) => {
    printed.output = (printed.output + text).slice(-KEPT);
  };
  stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout = (printed.stdout + text).slice(-KEPT);
    keep(text);
  });
  stderr?.setEncoding('utf8').on('data', keep);
  return printed;
}

/** Both streams read to their ends, too. */
function ended(child: ChildProcess): Promise<Pick<CommandResult, 'code' | 'signal'>> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}
