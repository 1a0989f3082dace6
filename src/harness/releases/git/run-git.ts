import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { simpleGit } from 'simple-git';
import { SPACE_MARKER, WORK_MARKER } from '../../cleanup/ledger.ts';
import { type Step, blocked } from '../../support/step-error.ts';
import { endProcesses } from '../../support/processes.ts';
import { errorCode } from '../cache-folder.ts';
import type { ReleasesContext } from '../context.ts';
import { lastLine } from '../../support/words.ts';

export interface GitCommand {
  /** Git's working directory; must exist. */
  readonly folder: string;
  readonly args: readonly string[];
  /** For progress and errors: `fetching release/os/4.12 of https://…`. */
  readonly what: string;
  /** Milliseconds without output after which git is ended; default two minutes. */
  readonly silence?: number;
  /** The repository is a path of this machine, and so are its submodules. */
  readonly allowPaths?: boolean;
  readonly step?: Step;
}

/** git failed; the message is its output. */
export class GitError extends Error {
  constructor(words: string, options?: ErrorOptions) {
    super(words, options);
    this.name = 'GitError';
  }
}

const SILENCE_MS = 120_000;
/** The parts of the user's environment that git needs: its configuration, its keys, and the proxies. */
const KEYS = ['SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'GIT_SSH_COMMAND', 'GIT_SSL_CAINFO', 'SSL_CERT_FILE'];
const PASSED = ['PATH', 'HOME', 'USER', 'TMPDIR', 'XDG_CONFIG_HOME', ...KEYS];
/** Proxies, in both spellings. */
export const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/**
 * Runs git, and ends all its processes with it. Returns its output.
 *
 * @throws GitError; StepError blocked where there is no git or no room; the signal's reason
 */
export async function runGit(command: GitCommand, ctx: ReleasesContext): Promise<string> {
  const { folder, args, what, silence = SILENCE_MS, step = 'resolve', allowPaths = false } = command;
  ctx.signal.throwIfAborted();
  await watched(ctx);
  const work = `git-${randomBytes(6).toString('hex')}`;
  const markers = { [SPACE_MARKER]: markerOf(ctx, 'git'), [WORK_MARKER]: work };
  const env = { ...gitEnvironment(ctx), ...markers, GIT_CEILING_DIRECTORIES: dirname(folder) };
  let isDone = false;
  try {
    const git = simpleGit({
      baseDir: folder,
      abort: ctx.signal,
      timeout: { block: silence },
      progress: teller(what, ctx),
      // execa alone takes a failure without a message for success.
      errors: (error, { exitCode, stdOut, stdErr }) => {
        isDone = typeof exitCode === 'number';
        return (
          error ?? (exitCode === 0 ? undefined : (saidBy(stdErr) ?? saidBy(stdOut) ?? new Error(`status ${exitCode}`)))
        );
      },
      // Only the values of this function, and those that the user has set for his git in general.
      allowEnvironment: Object.keys(env),
      unsafe: { allowUnsafeSshCommand: true, allowUnsafeAskPass: true, allowUnsafeProtocolOverride: true },
      config: ['gc.auto=0', ...(allowPaths ? ['protocol.file.allow=always'] : [])],
    });
    return await git.env(env).raw([...args]);
  } catch (cause) {
    // When git is ended, it leaves its helper processes running.
    const wasEnded = !isDone || ctx.signal.aborted || isSilence(cause);
    if (wasEnded) await endWork(work);
    ctx.signal.throwIfAborted();
    throw explained(cause, { what, step, silence });
  }
}

function isSilence(cause: unknown): boolean {
  return cause instanceof Error && cause.message.includes('block timeout');
}

function saidBy(output: readonly Buffer[]): Error | undefined {
  const text = Buffer.concat(output).toString('utf8').trim();
  return text === '' ? undefined : new Error(text);
}

async function endWork(work: string): Promise<void> {
  const marker = { name: WORK_MARKER, value: work };
  await endProcesses({ name: `processes of ${work}`, marker, graceMs: 500, limitMs: 10_000 });
}

function gitEnvironment({ env }: ReleasesContext): Record<string, string> {
  const passed = [...PASSED, ...PROXY_VARIABLES].flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return {
    ...Object.fromEntries(passed),
    LC_ALL: 'C.UTF-8',
    LANGUAGE: 'C',
    // No user is there to answer a prompt.
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** Git's percentages, at most one in five seconds. */
function teller(what: string, { progress }: ReleasesContext): (event: { stage: string; progress: number }) => void {
  const EVERY_MS = 5_000;
  let last = performance.now();
  return ({ stage, progress: percent }) => {
    if (performance.now() - last < EVERY_MS) return;
    last = performance.now();
    progress.say(`${what}: ${stage} ${percent} %`);
  };
}

function explained(cause: unknown, { what, step, silence }: { what: string; step: Step; silence: number }): Error {
  const words = cause instanceof Error ? cause.message.trim() : String(cause);
  if (errorCode(cause) === 'ENOENT' || words.includes('spawn git ENOENT')) {
    const advice = 'Install it (Debian: apt-get install git), or set PATH.';
    return blocked(step, `${what}: git is not installed. ${advice}`, { cause });
  }
  if (/No space left on device|Disk quota exceeded/.test(words)) {
    const advice = 'Free some, or set COMPAT_CACHE to a folder on another disk.';
    return blocked(step, `${what}: the disk is full (${lastLine(words)}). ${advice}`, { cause });
  }
  if (isSilence(cause)) return new GitError(`git printed nothing for ${silence / 1000} s`, { cause });
  return new GitError(withoutSecrets(words), { cause });
}

function withoutSecrets(words: string): string {
  return words.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s']*@/gi, '$1').replace(/\s*\n\s*/g, '; ');
}

/** Marks processes: the reaper finds them by the run's id, with which the marker begins. */
export function markerOf({ run }: ReleasesContext, what: string): string {
  return `${run?.id ?? `no-run-${process.pid}`}/${what}`;
}

/** Waits until the reaper watches the run; the reaper ends every process with the run's marker. */
async function watched({ run }: ReleasesContext): Promise<void> {
  await run?.ledger();
}

/**
 * Writes a folder, and the processes that will work in it, into the run's ledger. Call the returned function when the
 * folder is gone. Outside a run there is no ledger: the next run that opens the cache removes leftovers.
 */
export async function holdFolder(folder: string, what: string, ctx: ReleasesContext): Promise<() => Promise<void>> {
  const { run } = ctx;
  if (!run) return () => Promise.resolve();
  const ledger = await run.ledger();
  const entries = [
    await ledger.record({ kind: 'folder', path: folder }),
    // Undone first: the folder cannot be removed while a process writes there.
    await ledger.record({ kind: 'processes', marker: markerOf(ctx, what) }),
  ];
  return async () => {
    for (const entry of entries) await ledger.undone(entry);
  };
}
