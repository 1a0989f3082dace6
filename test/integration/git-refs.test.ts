import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { gitChecks } from '../../src/cli/doctor/machine-checks.ts';
import type { GitSource } from '../../src/harness/config/release.ts';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { isPortFree } from '../../src/harness/support/ports.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { freePort } from '../rig/free-port.ts';
import { mirrorsOf } from '../rig/git-leftovers.ts';
import { gitPlace, type GitPlace } from '../rig/git-place.ts';
import type { RigContext } from '../rig/releases-rig.ts';
import { startWebServer } from '../rig/web-server.ts';

/** What a ref stands for, and where repositories are: real git, real repositories, real servers of them. */

async function commitOf(place: GitPlace, ref: string, ctx?: RigContext): Promise<string | undefined> {
  return (await resolveRelease(place.rig.release(ref), ctx ?? (await place.run()))).built?.commit;
}

describe('a ref is resolved as git does it', () => {
  test('branch, tags, origin/x, full and short SHA, all built once per commit', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    const { v1, v2, next } = rig.commits;
    const refs: [string, string][] = [
      ['v1', v1],
      ['v2', v2],
      ['v2^{}', v2],
      [rig.tagObject, v2],
      ['main', v2],
      ['HEAD', v2],
      ['origin/next', next],
      ['refs/heads/both', v2],
      [next.toUpperCase(), next],
      [v1.slice(0, 7), v1],
      [next.slice(0, 12), next],
    ];
    for (const [ref, commit] of refs) {
      expect(await commitOf(place, ref), ref).toBe(commit);
      // Git itself, in a clone of its own.
      expect(await asGitSays(place, ref), ref).toBe(commit);
    }
    expect(await rig.builds()).toBe(3);
  });

  async function asGitSays({ folder, rig }: GitPlace, ref: string): Promise<string> {
    const clone = join(folder, 'clone');
    if (!(await readdir(folder)).includes('clone')) await execa('git', ['clone', '--quiet', rig.repository, clone]);
    const git = (name: string) =>
      execa('git', ['rev-parse', '--verify', `${name}^{commit}`], { cwd: clone, reject: false });
    const own = await git(ref);
    // A clone has branches of others as origin/… only.
    return own.failed ? (await git(ref.replace(/^(refs\/heads\/)?/, 'origin/'))).stdout : own.stdout;
  }

  test('a tag before a branch of the same name, which is said', async () => {
    await using place = await gitPlace();
    const ctx = await place.run();
    expect(await commitOf(place, 'both', ctx)).toBe(place.rig.commits.v1);
    expect(ctx.said.join('\n')).toMatch(/both is ambiguous: refs\/tags\/both \(.*\) and refs\/heads\/both/);
  });

  test('an abbreviated SHA that no ref leads to directly is found in the history, which is fetched once', async () => {
    await using place = await gitPlace();
    const old = place.rig.commits.next;
    await place.rig.commit('next', { NEWS: 'newer' });
    const ctx = await place.run();
    expect(await commitOf(place, old.slice(0, 10), ctx)).toBe(old);
    expect(ctx.said.join('\n')).toContain('fetching the history of');
    const again = await place.run();
    expect(await commitOf(place, old.slice(0, 10), again)).toBe(old);
    expect(again.said.join('\n')).not.toContain('history');
  });

  test('an abbreviated SHA of two commits is ambiguous, however often one of them was built', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    // Four digits of 700 commits: there are two alike.
    const lines = Array.from({ length: 700 }, (_, index) => commitLines(`refs/heads/many`, index)).join('');
    await execa('git', ['fast-import', '--quiet'], { cwd: rig.repository, input: lines });
    const all = (await rig.git('rev-list', '--all')).split('\n');
    const short = all.map((commit) => commit.slice(0, 4)).find((digits, index, every) => every.indexOf(digits) < index);
    const [one = '', two = ''] = all.filter((commit) => commit.startsWith(short ?? '?'));
    const missing = await place.refusal(rig.release(one));
    expect(missing).toContain('build.sh');
    const words = await place.refusal(rig.release(short ?? '?'));
    expect(words).toMatch(/^not-built resolve: .* is ambiguous in .*Write more digits/);
    expect(words).toContain(one);
    expect(words).toContain(two);
  });

  function commitLines(ref: string, index: number): string {
    return `commit ${ref}\ncommitter A <a@b.c> ${1_700_000_000 + index} +0000\ndata 0\n\n`;
  }

  test('unknown: near names are listed', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    const words = await place.refusal(rig.release('nxet'));
    expect(words).toMatch(/^not-built resolve: .*repository has no ref "nxet"\. Near: next, of \d+ branches and tags/);
    expect(await place.refusal(rig.release('0000000'))).toContain('has no ref "0000000"');
    expect(await place.refusal(rig.release('0'.repeat(40)))).toMatch(/commit 0{40} cannot be fetched from .*: .*0{40}/);
    const blob = await rig.git('rev-parse', 'main:build.sh');
    expect(await place.refusal(rig.release(blob))).toMatch(new RegExp(`not-built resolve: .*${blob}`));
  });
});

describe('a repository is had from', () => {
  test('a file URL', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    const resolved = await resolveRelease(
      rig.release('v2', { repository: `file://${rig.repository}` }),
      await place.run(),
    );
    expect(resolved.built).toMatchObject({ repository: `file://${rig.repository}`, commit: rig.commits.v2 });
    // One commit, without those before it.
    const [mirror = ''] = await mirrorsOf(place.cache);
    expect((await execa('git', ['rev-list', '--all', '--count'], { cwd: mirror })).stdout).toBe('1');
  });

  test("git's own server", async () => {
    await using place = await gitPlace();
    await bareOf(place);
    const port = await freePort();
    const args = ['--export-all', `--base-path=${place.folder}`, '--listen=127.0.0.1', `--port=${port}`, '--reuseaddr'];
    const server = spawn('git', ['daemon', ...args], { detached: true, stdio: 'ignore' });
    try {
      const up = async () =>
        (await isPortFree(port))
          ? ({ done: false, last: 'free' } as const)
          : ({ done: true, value: undefined } as const);
      await waitUntil(up, { name: `git daemon on ${port}`, limit: 20_000 });
      const repository = `git://127.0.0.1:${port}/bare.git`;
      const { rig } = place;
      const resolve = async (ref: string) => resolveRelease(rig.release(ref, { repository }), await place.run());
      expect((await resolve('next')).built?.commit).toBe(rig.commits.next);
      expect((await resolve(rig.commits.v1.slice(0, 8))).built?.commit).toBe(rig.commits.v1);
    } finally {
      process.kill(-(server.pid ?? 0), 'SIGKILL');
    }
  });

  test('a server of plain files, which gives out no single commits', async () => {
    await using place = await gitPlace();
    const bare = await bareOf(place);
    await execa('git', ['update-server-info'], { cwd: bare });
    await using server = await startWebServer();
    for (const entry of await readdir(bare, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile()) server.files.set(`/bare.git/${relative(bare, file)}`, await readFile(file));
    }
    const refs = '/bare.git/info/refs';
    server.files.set(`${refs}?service=git-upload-pack`, server.files.get(refs) ?? Buffer.alloc(0));
    const repository = `${server.url}/bare.git`;
    const { rig } = place;
    const ctx = await place.run();
    expect((await resolveRelease(rig.release('v1', { repository }), ctx)).built?.commit).toBe(rig.commits.v1);
    expect(ctx.said.join('\n')).toContain('the server gives out no single commits; fetching the whole repository');
  });

  async function bareOf({ folder, rig }: GitPlace): Promise<string> {
    const bare = join(folder, 'bare.git');
    await execa('git', ['clone', '--quiet', '--bare', rig.repository, bare]);
    return bare;
  }
});

test('doctor says what each ref stands for, fetching nothing; which is unknown; which repository is gone', async () => {
  await using place = await gitPlace();
  const { rig } = place;
  const sources = (...refs: readonly string[]) => refs.map((ref) => rig.release(ref).source as GitSource);
  const well = await gitChecks(sources('v2', 'origin/next', rig.commits.v1), await place.run());
  const short = (name: 'v2' | 'next'): string => rig.commits[name].slice(0, 10);
  const found = `${rig.repository}: v2 is ${short('v2')}, origin/next is ${short('next')}, ${rig.commits.v1}`;
  expect(well).toEqual([{ name: 'git', state: 'ok', found }]);
  const [unknown] = await gitChecks(sources('v1', 'nxet'), await place.run());
  expect(unknown).toMatchObject({ state: 'missing', tried: [expect.stringMatching(/no ref "nxet"\. Near: next/)] });
  await rm(rig.repository, { recursive: true });
  const [gone] = await gitChecks(sources('v1'), await place.run());
  expect(gone).toMatchObject({ state: 'warning', tried: [expect.stringContaining('an earlier run')] });
  expect(await mirrorsOf(place.cache).then(([mirror = '']) => readdir(mirror).catch(() => 'no mirror'))).toBe(
    'no mirror',
  );
});

describe('a repository', () => {
  test('that is not there: its path, or its URL without its password', async () => {
    await using place = await gitPlace();
    const gone = place.rig.release('v1', { repository: join(place.folder, 'gone') });
    expect(await place.refusal(gone)).toMatch(
      /not-built resolve: .*gone cannot be read: .*does not appear to be a git repository/,
    );
    const url = place.rig.release('v1', { repository: 'http://me:s3cret@127.0.0.1:1/corda.git' });
    const words = await place.refusal(url);
    expect(words).toMatch(/not-built resolve: http:\/\/127\.0\.0\.1:1\/corda\.git cannot be read: .*Failed to connect/);
    expect(words).not.toContain('s3cret');
  });

  test('that goes later: what was fetched is used, which is said; what was not cannot be', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    await resolveRelease(rig.release('v1'), await place.run());
    await rm(rig.repository, { recursive: true });
    const ctx = await place.run();
    expect(await commitOf(place, 'v1', ctx)).toBe(rig.commits.v1);
    expect(ctx.said.join('\n')).toMatch(/cannot be reached .*using its refs as of 20/);
    const silent = await place.run();
    await commitOf(place, rig.commits.v1, silent);
    expect(silent.said).toEqual([]);
    // By what was built, since there is no history to ask.
    expect(await commitOf(place, rig.commits.v1.slice(0, 9))).toBe(rig.commits.v1);
    expect(await place.refusal(rig.release('next'))).toMatch(/next was [0-9a-f]{40} at 20.*not in the cache/);
  });

  test('is reached by no git: which to install is said', async () => {
    await using place = await gitPlace();
    const empty = join(place.folder, 'empty');
    await mkdir(empty);
    const words = await place.refusal(place.rig.release('v1'), await place.run({ PATH: empty }));
    expect(words).toMatch(/blocked resolve: .*git is not installed\. Install it/);
  });
});
