import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SPACE_MARKER, WORK_MARKER } from '../../cleanup/ledger.ts';
import type { JavaRuntime } from '../artefacts.ts';
import { endProcesses } from '../../support/processes.ts';
import { killGroup } from '../../support/run-command.ts';
import type { ReleasesContext } from '../context.ts';
import { markerOf, PROXY_VARIABLES } from './run-git.ts';
import { blocked, notBuilt } from '../../support/step-error.ts';
import { outputLines, tellingLines } from '../../support/words.ts';

export interface BuildCommand {
  /** For people: `building 4.12 (1a2b3c4d5e of https://…)`. */
  readonly what: string;
  readonly command: string;
  /** Its working directory. */
  readonly worktree: string;
  /** The temporary folder that the worktree and `TMPDIR` are in; names the build's processes. */
  readonly folder: string;
  readonly jdk: JavaRuntime;
  /** Appended to. */
  readonly logFile: string;
  /** Milliseconds. */
  readonly limit: number;
}

const TELL_EVERY_MS = 5_000;
const PASSED = ['HOME', 'USER', 'LANG', 'LC_ALL', 'GRADLE_USER_HOME', 'MAVEN_OPTS', ...PROXY_VARIABLES];

/**
 * Runs one command of a build, and ends all processes that it leaves running.
 *
 * @throws StepError not-built (build) with its most telling lines when it fails or reaches its limit; the signal's
 * reason
 */
export async function runBuildCommand(build: BuildCommand, ctx: ReleasesContext): Promise<void> {
  const { what, logFile, limit } = build;
  ctx.signal.throwIfAborted();
  ctx.progress.say(`${what}: ${build.command}; log ${logFile}`);
  const telling = tellProgress(build, ctx);
  try {
    const end = await ended(build, ctx);
    ctx.signal.throwIfAborted();
    if (end === 'late') {
      const advice = 'Raise limits.build in the matrix if that is too little';
      throw await buildFailure(`${what} was not done within ${limit / 1000} s. ${advice}`, logFile);
    }
    if (end !== 'status 0') throw await buildFailure(`${what} failed with ${end} (${build.command})`, logFile);
  } finally {
    clearInterval(telling);
    await endRest(build);
  }
}

/**
 * The end of the command: `status 1`, `SIGTERM`, or `late`. Its output goes straight to the log, so that no process
 * can hold it open.
 */
async function ended(build: BuildCommand, ctx: ReleasesContext): Promise<string> {
  const log = await open(build.logFile, 'a');
  try {
    await log.write(`$ ${build.command}\n`);
    // Not by execa: a build leads a process group, and writes to its log by itself, so its daemons cannot hold a pipe open.
    const child = spawn('sh', ['-c', build.command], {
      cwd: build.worktree,
      env: environmentOf(build, ctx),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let late = false;
    const kill = () => killGroup(child);
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, build.limit);
    ctx.signal.addEventListener('abort', kill);
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      if (late) return 'late';
      return signal ?? `status ${code ?? '?'}`;
    } finally {
      clearTimeout(timer);
      ctx.signal.removeEventListener('abort', kill);
      // Processes left in its group would write on into a worktree that is removed.
      kill();
    }
  } finally {
    await log.close();
  }
}

/** These variables are passed on purpose, and no others: a build must give the same result for every user. */
function environmentOf({ jdk, folder }: BuildCommand, ctx: ReleasesContext): Record<string, string> {
  const { env } = ctx;
  const passed = PASSED.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return {
    ...Object.fromEntries(passed),
    PATH: [join(jdk.home, 'bin'), env['PATH'] ?? '/usr/bin:/bin'].join(delimiter),
    JAVA_HOME: jdk.home,
    TMPDIR: join(folder, 'tmp'),
    [SPACE_MARKER]: markerOf(ctx, 'build'),
    [WORK_MARKER]: folder,
  };
}

function tellProgress({ what, logFile }: BuildCommand, { progress }: ReleasesContext): NodeJS.Timeout {
  const began = performance.now();
  const tell = async (): Promise<void> => {
    const last = lastOfBuild(await tailOf(logFile, 4_000));
    progress.say(`${what} (${Math.round((performance.now() - began) / 1000)} s): ${last || 'no output yet'}`);
  };
  return setInterval(() => void tell().catch(() => undefined), TELL_EVERY_MS);
}

/** Also processes that have left the group, as a Gradle daemon does. */
async function endRest({ folder, what }: BuildCommand): Promise<void> {
  const marker = { name: WORK_MARKER, value: folder };
  await endProcesses({ name: `processes of ${what}`, marker, graceMs: 1_000, limitMs: 15_000 });
}

const TAIL_BYTES = 64_000;
const MOST_LINES = 12;

/** The end of a log, whole lines. */
export async function tailOf(file: string, bytes = TAIL_BYTES): Promise<string> {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size <= bytes) return readFile(file, 'utf8').catch(() => '');
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(bytes);
    await handle.read(buffer, 0, bytes, size - bytes);
    const text = buffer.toString('utf8');
    return text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}

/** Gradle's heading above the reason. */
const WENT_WRONG = '* What went wrong';
const TELLING = /(^|[\s:])(error|fatal|failed|exception)\b|: not found|No such file/i;

/** The output of a build, without the commands of the harness. */
function saidByBuild(text: string): readonly string[] {
  return outputLines(text).filter((line) => !line.startsWith('$ '));
}

/** The last output line of a build, for progress. */
export function lastOfBuild(text: string): string {
  return saidByBuild(text).at(-1)?.slice(0, 160) ?? '';
}

/**
 * The lines of a failed build that tell why, the most telling first: Gradle's reason, else lines with an error, else
 * the last ones.
 */
export function buildWords(text: string): readonly string[] {
  const lines = saidByBuild(text);
  const wrong = lines.findLastIndex((line) => line.startsWith(WENT_WRONG));
  if (wrong < 0) return tellingLines(lines, { telling: TELLING, most: MOST_LINES });
  const rest = lines.slice(wrong + 1);
  const end = rest.findIndex((line) => line.startsWith('* '));
  return rest.slice(0, end < 0 ? MOST_LINES : end).slice(0, MOST_LINES);
}

const DISK_FULL = /No space left on device|Disk quota exceeded/;

/** A failed build: its end, its most telling line, and its log. */
async function buildFailure(how: string, logFile: string): Promise<Error> {
  const text = await tailOf(logFile);
  const words = buildWords(text);
  const full = saidByBuild(text).findLast((line) => DISK_FULL.test(line));
  if (full !== undefined) {
    const advice = 'Free some, or set COMPAT_CACHE to a folder on another disk.';
    return blocked('build', `${how}: the disk is full (${full.trim()}). ${advice} Its log: ${logFile}`, { words });
  }
  const first = words[0] === undefined ? 'It printed nothing' : `It printed: ${words[0].trim()}`;
  return notBuilt('build', `${how}. ${first}. Its log: ${logFile}`, { words });
}
