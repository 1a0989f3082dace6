import { execa } from 'execa';
import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitSource, Release } from '../../src/harness/config/release.ts';

const SOURCE = join(import.meta.dirname, 'git-source');
/** Where a build says that it has begun, and what one that waits is let go on by; in the rig's folder. */
export const REACHED = 'reached';
export const GO_ON = 'go-on';
const IDENTITY = {
  // The same commits every time.
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@b.c',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@b.c',
};

/** What a build of the repository is given. */
export interface GitRigInput {
  /** Everything lies below it. */
  readonly folder: string;
  /** The node jar that the build yields. */
  readonly node: string;
  /** Jars to compile the CorDapp against; none: no CorDapp is built. */
  readonly lib?: string;
}

/**
 * A real repository: tags `v1` (lightweight) and `v2` (annotated, on the next commit), branch `main` at `v2`, branch `next`
 * beyond it, `both` as a tag (at `v1`) and as a branch (at `v2`), and branches whose build fails (`broken`), hangs with a
 * child in a session of its own (`hangs`), waits to be let go on (`waits`), makes no artefact (`nothing`) or two nodes
 * (`two`).
 */
export interface GitRig {
  readonly repository: string;
  readonly commits: Readonly<Record<'v1' | 'v2' | 'next', string>>;
  /** Object of the annotated tag itself. */
  readonly tagObject: string;
  /** A git release of a ref; `changes` to its source. */
  release(ref: string, changes?: Partial<GitSource>): Release;
  /** A commit more on a branch, with these files. */
  commit(branch: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Lines that builds have written: how many there were. */
  builds(): Promise<number>;
  git(...args: readonly string[]): Promise<string>;
}

const BROKEN = `echo 'compiling'
echo 'src/compat/greeting/GreetFlow.java:7: error: cannot find symbol' >&2
exit 3
`;
const HANGS = (folder: string): string => `echo 'waiting for something that never comes'
touch '${join(folder, REACHED)}'
setsid sleep 600 &
sleep 600
`;
/** With a process in a session of its own, which it does not end. */
const WAITS = (folder: string): string => `setsid sleep 600 &
touch '${join(folder, REACHED)}'
while [ ! -e '${join(folder, GO_ON)}' ]; do sleep 0.05; done
`;

export async function gitRig(input: GitRigInput): Promise<GitRig> {
  const repository = join(input.folder, 'repository');
  const countFile = join(input.folder, 'builds');
  await cp(SOURCE, repository, { recursive: true });
  const git = async (...args: readonly string[]): Promise<string> => {
    const env = { PATH: process.env['PATH'], HOME: input.folder, GIT_CONFIG_NOSYSTEM: '1', ...IDENTITY };
    return (await execa('git', [...args], { cwd: repository, env, extendEnv: false })).stdout.trim();
  };
  const commitAll = async (message: string): Promise<string> => {
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  const commit: GitRig['commit'] = async (branch, files) => {
    await git('checkout', '--quiet', '-B', branch, (await git('branch', '--list', branch)) ? branch : 'main');
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(repository, path, '..'), { recursive: true });
      await writeFile(join(repository, path), text);
    }
    const made = await commitAll(`for ${branch}`);
    await git('checkout', '--quiet', 'main');
    return made;
  };

  await git('init', '--quiet', '--initial-branch=main');
  const v1 = await commitAll('first');
  await git('tag', 'v1');
  await git('tag', 'both');
  await appendFile(join(repository, 'MANIFEST.txt'), 'Note: second\n');
  const v2 = await commitAll('second');
  await git('tag', '--annotate', '--message', 'two', 'v2');
  await git('branch', 'both', v2);
  const script = await readFile(join(SOURCE, 'build.sh'), 'utf8');
  await commit('broken', { 'build.sh': BROKEN });
  await commit('hangs', { 'build.sh': HANGS(input.folder) });
  await commit('waits', { 'build.sh': `${WAITS(input.folder)}${script}` });
  await commit('nothing', { 'build.sh': script.replaceAll('build/libs', 'build/lips') });
  await commit('two', {
    'build.sh': script.replace('cp "$node" build/libs/', 'cp "$node" build/libs/; cp "$node" build/libs/corda-b.jar'),
  });
  const next = await commit('next', { NEWS: 'new' });
  const command = `sh build.sh '${input.node}' '${input.lib ?? '-'}' '${countFile}'`;
  const node = { command, artefact: 'build/libs/*.jar' };
  const build = { node, ...(input.lib === undefined ? {} : { cordapps: { command, artefact: 'build/apps/*.jar' } }) };
  return {
    repository,
    commits: { v1, v2, next },
    tagObject: await git('rev-parse', 'v2'),
    release: (ref, changes = {}) => ({
      id: ref.replaceAll('/', '-'),
      source: { kind: 'git', repository, ref, build, limit: 120_000, ...changes },
      cordapps: [],
      java: 8,
      jvmArgs: [],
    }),
    commit,
    builds: async () => (await readFile(countFile, 'utf8').catch(() => '')).split('\n').filter(Boolean).length,
    git,
  };
}
