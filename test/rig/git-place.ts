import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import type { Release } from '../../src/harness/config/release.ts';
import { createReleasesContext } from '../../src/harness/releases/context.ts';
import { findJava } from '../../src/harness/releases/java.ts';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { exists } from '../../src/harness/support/files.ts';
import { SILENT } from '../../src/harness/support/progress.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { expectNothingLeft } from './git-leftovers.ts';
import { gitRig, REACHED, type GitRig } from './git-rig.ts';
import { makeCapsule, rigContext, type RigContext } from './releases-rig.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A real repository and a cache of its own; the node that its builds yield is a small capsule, since nobody starts it. */
export interface GitPlace extends AsyncDisposable {
  readonly folder: string;
  readonly cache: string;
  readonly jdk: string;
  readonly rig: GitRig;
  /** A new run with the same cache. */
  run(env?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<RigContext>;
  /** What a run says that cannot have a release: `<outcome> <step>: <message>`. */
  refusal(release: Release, ctx?: RigContext): Promise<string>;
  /** A build, or what hangs before it, has come so far. */
  reached(): Promise<void>;
  /** A run in a process of its own. */
  start(release: Release): RunningBuild;
}

export interface RunningBuild {
  readonly child: ChildProcess;
  readonly said: string[];
  readonly end: Promise<number | null>;
}

let jdk: Promise<string> | undefined;

/** At its end it must be empty of what runs may not leave. */
export async function gitPlace(): Promise<GitPlace> {
  const home = await (jdk ??= findJdk());
  const folder = await temporaryFolder();
  const cache = join(folder.path, 'cache');
  const node = join(folder.path, 'corda-4.10.jar');
  await writeFile(node, await makeCapsule());
  const started: ChildProcess[] = [];
  const run: GitPlace['run'] = (more = {}, signal = new AbortController().signal) =>
    rigContext(folder.path, { env: { COMPAT_JAVA_8_HOME: home, ...more }, signal });
  return {
    folder: folder.path,
    cache,
    jdk: home,
    rig: await gitRig({ folder: folder.path, node }),
    run,
    refusal: async (release, ctx) => refusalOf(resolveRelease(release, ctx ?? (await run()))),
    reached: () =>
      waitUntil(
        async () =>
          (await exists(join(folder.path, REACHED)))
            ? { done: true, value: undefined }
            : { done: false, last: 'not yet' },
        { name: 'the place where it hangs', limit: 60_000 },
      ),
    start: (release) => {
      const build = startRun(folder.path, { ...process.env, COMPAT_CACHE: cache, COMPAT_JAVA_8_HOME: home }, release);
      started.push(build.child);
      return build;
    },
    async [Symbol.asyncDispose]() {
      for (const child of started) child.kill('SIGKILL');
      try {
        await expectNothingLeft(cache);
      } finally {
        await folder[Symbol.asyncDispose]();
      }
    },
  };
}

async function findJdk(): Promise<string> {
  const signal = new AbortController().signal;
  const ctx = await createReleasesContext({ env: process.env, progress: SILENT, signal });
  return (await findJava({ major: 8, compiler: true }, ctx)).home;
}

async function refusalOf(resolving: Promise<unknown>): Promise<string> {
  const error: unknown = await resolving.catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'StepError' });
  const { failure } = error as { failure: { outcome: string; step: string; message: string } };
  return `${failure.outcome} ${failure.step}: ${failure.message}`;
}

function startRun(folder: string, env: NodeJS.ProcessEnv, release: Release): RunningBuild {
  const program = join(import.meta.dirname, 'build-git-release.ts');
  const args = ['--import', 'tsx', program, join(folder, 'state'), JSON.stringify(release)];
  const child = spawn(process.execPath, args, {
    env: { ...env, HOME: join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  const end = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, said, end };
}
