import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { linuxPids } from '../../src/harness/support/processes.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';

/** Mirrors of repositories in a cache. */
export async function mirrorsOf(cache: string): Promise<readonly string[]> {
  const names = await readdir(join(cache, 'git')).catch(() => []);
  return names.map((name) => join(cache, 'git', name, 'objects.git'));
}

export interface LeftoverOptions {
  /** Milliseconds that a reaper has; default none. */
  readonly limit?: number;
  /** A run that was killed cannot give back its locks; whoever wants one takes it over. */
  readonly locks?: boolean;
}

/** Fails where builds have left worktrees, processes, temporary files or locks. */
export async function expectNothingLeft(
  cache: string,
  { limit = 0, locks = true }: LeftoverOptions = {},
): Promise<void> {
  await waitUntil(
    async () => {
      const found = await Promise.all([
        leftFiles(cache),
        worktreesOf(cache),
        processesIn(cache),
        locks ? locksIn(cache) : [],
      ]);
      const left = found.flat();
      return left.length === 0 ? { done: true, value: undefined } : { done: false, last: left.join(', ') };
    },
    { name: `nothing left in ${cache}`, limit, every: 100 },
  );
}

/** Temporary folders, half-written files, and what a build works in wherever it is. */
async function leftFiles(cache: string): Promise<readonly string[]> {
  const temporary = (await readdir(join(cache, 'temporary')).catch(() => [])).map((name) => `temporary/${name}`);
  const git = await readdir(join(cache, 'git'), { recursive: true }).catch(() => []);
  const rests = git.filter((name) => /\.lock$|\.part$|tmp_pack/.test(name));
  const builds = await readdir(join(cache, 'entries', 'build'), { recursive: true }).catch(() => []);
  return [...temporary, ...rests, ...builds.filter((name) => /(^|\/)(worktree|tmp)$/.test(name))];
}

/** What git itself knows of: the mirrors alone. */
async function worktreesOf(cache: string): Promise<readonly string[]> {
  const listed = await Promise.all(
    (await mirrorsOf(cache)).map(async (mirror) => {
      const { stdout } = await execa('git', ['-C', mirror, 'worktree', 'list', '--porcelain'], { reject: false });
      return stdout.split('\n').flatMap((line) => /^worktree (.*)$/.exec(line)?.[1] ?? []);
    }),
  );
  return listed
    .flat()
    .filter((path) => !path.endsWith('objects.git'))
    .map((path) => `worktree ${path}`);
}

async function locksIn(cache: string): Promise<readonly string[]> {
  return (await readdir(join(cache, 'locks')).catch(() => [])).filter((name) => name.endsWith('.lock'));
}

/** Whatever was started for this cache: builds and git work in it, and what they start inherits their environment. */
async function processesIn(cache: string): Promise<readonly string[]> {
  const found = await Promise.all(
    (await linuxPids()).map(async (pid) => {
      if (pid === process.pid) return '';
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return environment.includes(cache) ? `process ${pid} ${command.replaceAll('\0', ' ').slice(0, 80)}` : '';
    }),
  );
  return found.filter((text) => text !== '');
}
