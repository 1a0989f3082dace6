import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SPACE_MARKER, WORK_MARKER } from '../../domain/ledger.ts';
import type { JavaRuntime } from '../../domain/release.ts';
import { endProcesses } from '../../support/processes.ts';
import { killGroup } from '../../support/run-command.ts';
import type { ReleasesContext } from '../context.ts';
import { buildFailure, lastOfBuild, tailOf } from './build-log.ts';
import { markerOf } from './hold.ts';
import { PROXY_VARIABLES } from './run-git.ts';

export interface BuildCommand {
  /** For people: `building 4.12 (1a2b3c4d5e of https://…)`. */
  readonly what: string;
  readonly command: string;
  /** Where it runs. */
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
 * Runs one command of a build, and ends whatever it leaves running.
 * @throws StepError not-built (build) with its most telling lines when it fails or reaches its limit; the signal's reason
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

/** How it ended: `status 1`, `SIGTERM`, or `late`. Its output goes to the log itself, so that nothing can hold it open. */
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
      // What it left behind in its group would write on into a worktree that is removed.
      kill();
    }
  } finally {
    await log.close();
  }
}

/** Passed on purpose, nothing else: a build must come out the same for everybody. */
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
    progress.say(`${what} (${Math.round((performance.now() - began) / 1000)} s): ${last || 'nothing said yet'}`);
  };
  return setInterval(() => void tell().catch(() => undefined), TELL_EVERY_MS);
}

/** Also those that have left the group, as a Gradle daemon does. */
async function endRest({ folder, what }: BuildCommand): Promise<void> {
  const marker = { name: WORK_MARKER, value: folder };
  await endProcesses({ name: `processes of ${what}`, marker, graceMs: 1_000, limitMs: 15_000 });
}
