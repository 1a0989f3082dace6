import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { mirrorOf, underLock } from '../../src/harness/releases/git/mirror.ts';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { expectNothingLeft, mirrorsOf } from '../rig/git-leftovers.ts';
import { gitPlace, type GitPlace } from '../rig/git-place.ts';
import { GO_ON, REACHED } from '../rig/git-rig.ts';

/** Mirrors that are damaged, runs that meet, runs that are ended: real ones of all. */

/** Milliseconds that the reaper of a killed run has. */
const REAPER_MS = 60_000;

describe('a mirror', () => {
  test('locked and littered by a git that was killed: cleaned and used', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    await resolveRelease(rig.release('v1'), await place.run());
    const [mirror = ''] = await mirrorsOf(place.cache);
    for (const name of ['shallow.lock', 'config.lock', 'objects/pack/tmp_pack_abc'])
      await writeFile(join(mirror, name), '');
    const ctx = await place.run();
    expect((await resolveRelease(rig.release('next'), ctx)).built?.commit).toBe(rig.commits.next);
    expect(ctx.said.join('\n')).toMatch(/removing leftovers of a killed git: .*shallow\.lock/);
    // Cleaned, not replaced: what it held it still holds.
    expect(await readdir(join(mirror, 'refs/compat'))).toHaveLength(2);
  });

  test.each([
    ['without its HEAD', async (mirror: string) => rm(join(mirror, 'HEAD'))],
    ['with damaged objects', (mirror: string) => damageObjects(mirror)],
    [
      'that is a file',
      async (mirror: string) => {
        await rm(mirror, { recursive: true });
        await writeFile(mirror, '');
      },
    ],
  ])('%s is made anew; a repository that the cache lies in stays as it is', async (_what, damage) => {
    await using place = await gitPlace();
    const { rig, cache } = place;
    await execa('git', ['init', '--quiet', place.folder]);
    await resolveRelease(rig.release('v1'), await place.run());
    const [mirror = ''] = await mirrorsOf(cache);
    await damage(mirror);
    await rm(join(cache, 'entries', 'build'), { recursive: true });
    expect((await resolveRelease(rig.release('v1'), await place.run())).built?.commit).toBe(rig.commits.v1);
    expect(await rig.builds()).toBe(2);
    expect(await readdir(join(place.folder, '.git/refs'))).toEqual(['heads', 'tags']);
  });

  test('with damaged files is made anew once for two builds at a time', async () => {
    await using place = await gitPlace();
    const { rig, cache } = place;
    const both = async () => {
      const ctx = await place.run();
      await Promise.all(['v1', 'next'].map((ref) => resolveRelease(rig.release(ref), ctx)));
      return ctx.said;
    };
    await both();
    const [mirror = ''] = await mirrorsOf(cache);
    await damageObjects(mirror, 'blob');
    await rm(join(cache, 'entries', 'build'), { recursive: true });
    expect((await both()).filter((line) => /making the mirror .* anew/.test(line))).toHaveLength(1);
    expect(await readdir(join(mirror, 'refs/compat'))).toHaveLength(2);
    expect(await rig.builds()).toBe(4);
  });

  test('in use by another run: waited for, which is said', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    const other = await place.run();
    const ctx = await place.run();
    const resolving = await underLock(mirrorOf(rig.repository, other), other, async () => {
      const early = resolveRelease(rig.release('v1'), ctx);
      await saysOf(ctx.said, /waiting for another run: mirror of .*repository/);
      // In an object, since the lock would be held until a promise has come true.
      return { early };
    });
    expect((await resolving.early).built?.commit).toBe(rig.commits.v1);
  });
});

test('a run that nobody watches over starts no git', async () => {
  await using place = await gitPlace();
  const run = { id: 'unwatched', ledger: () => Promise.reject(new Error('no reaper')) };
  const ctx = { ...(await place.run()), run };
  await expect(resolveRelease(place.rig.release('v1'), ctx)).rejects.toThrow('no reaper');
  expect(await readdir(place.cache)).not.toContain('git');
});

describe('two runs', () => {
  test('that want the same commit build it once', async () => {
    await using place = await gitPlace();
    const { rig, folder } = place;
    const one = place.start(rig.release('waits'));
    await place.reached();
    // The same commit by another name.
    const two = place.start(rig.release(await rig.git('rev-parse', 'waits')));
    await saysOf(two.said, /waiting for another run: build/);
    await writeFile(join(folder, GO_ON), '');
    expect(await Promise.all([one.end, two.end])).toEqual([0, 0]);
    expect(one.said.at(-1)).toMatch(/^built [0-9a-f]{40} [0-9a-f]{64}$/);
    expect(two.said.at(-1)).toBe(one.said.at(-1));
    expect(await rig.builds()).toBe(1);
    await noRuns(join(folder, 'state'));
  });
});

/** Where a run can be ended, and what makes it hang there. */
const PHASES = [
  ['fetch', 'next', hangInFetch],
  ['worktree', 'slow', hangInCheckOut],
  ['build', 'waits', () => Promise.resolve()],
] as const;

describe('a run leaves nothing, and the next one succeeds', () => {
  test.each(PHASES)('Ctrl-C in %s', async (_phase, ref, hang) => {
    await using place = await gitPlace();
    await prepare(place, ref, hang);
    const stop = new AbortController();
    const resolving = resolveRelease(place.rig.release(ref), await place.run({}, stop.signal)).catch(
      (error: unknown) => error,
    );
    await place.reached();
    stop.abort(new Error('Ctrl-C'));
    expect(await resolving).toMatchObject({ message: 'Ctrl-C' });
    await expectNothingLeft(place.cache);
    await expectNextSucceeds(place, ref);
  });

  // The next one waits for the lock of a dead one to count as dead.
  test.concurrent.each(PHASES)('kill -9 in %s', async (_phase, ref, hang) => {
    await using place = await gitPlace();
    await prepare(place, ref, hang);
    const run = place.start(place.rig.release(ref));
    await place.reached();
    run.child.kill('SIGKILL');
    await run.end;
    await expectNothingLeft(place.cache, { limit: REAPER_MS, locks: false });
    await noRuns(join(place.folder, 'state'));
    await expectNextSucceeds(place, ref);
  });
});

async function prepare(place: GitPlace, ref: string, hang: (place: GitPlace) => Promise<void>): Promise<void> {
  // Something is there already, for the next run to find whole.
  await resolveRelease(place.rig.release('v1'), await place.run());
  if (ref === 'slow') await place.rig.commit('slow', { '.gitattributes': 'NOTE filter=slow\n', NOTE: 'slow\n' });
  await mkdir(join(place.folder, 'home'), { recursive: true });
  await hang(place);
}

/** Without what made it hang, in the same cache. */
async function expectNextSucceeds(place: GitPlace, ref: string): Promise<void> {
  const { rig, folder } = place;
  await rm(join(folder, 'home', '.gitconfig'), { force: true });
  await rm(join(folder, REACHED), { force: true });
  const built = await rig.builds();
  await writeFile(join(folder, GO_ON), '');
  expect((await resolveRelease(rig.release(ref), await place.run())).version).toBe('4.10');
  await resolveRelease(rig.release('v1'), await place.run());
  expect(await rig.builds()).toBe(built + 1);
}

/** The server side of the fetch never sends a pack. */
async function hangInFetch({ folder }: GitPlace): Promise<void> {
  const script = join(folder, 'slow-pack.sh');
  await writeFile(script, `#!/bin/sh\ntouch '${join(folder, REACHED)}'\nsleep 600\n`);
  await chmod(script, 0o755);
  await writeFile(join(folder, 'home', '.gitconfig'), `[uploadpack]\n\tpackObjectsHook = ${script}\n`);
}

/** A filter of the user's own never lets a file through. */
async function hangInCheckOut({ folder }: GitPlace): Promise<void> {
  const smudge = `touch ${join(folder, REACHED)}; sleep 600`;
  await writeFile(join(folder, 'home', '.gitconfig'), `[filter "slow"]\n\tsmudge = "${smudge}"\n\tclean = cat\n`);
}

async function noRuns(state: string): Promise<void> {
  const probe = async () => {
    const runs = (await readdir(state).catch(() => [])).filter((name) => /^\d/.test(name));
    return runs.length === 0
      ? ({ done: true, value: undefined } as const)
      : ({ done: false, last: runs.join() } as const);
  };
  await waitUntil(probe, { name: `no run in ${state}`, limit: REAPER_MS });
}

async function saysOf(said: readonly string[], words: RegExp): Promise<void> {
  const probe = () =>
    Promise.resolve(
      said.some((line) => words.test(line))
        ? ({ done: true, value: undefined } as const)
        : ({ done: false, last: said.at(-1) ?? 'nothing' } as const),
    );
  await waitUntil(probe, { name: `word of ${String(words)}`, limit: 60_000 });
}

/** Object files are cut, all or those of a type: what they hold cannot be read any more. */
async function damageObjects(mirror: string, type?: string): Promise<void> {
  const names = await readdir(join(mirror, 'objects'), { recursive: true });
  const args = ['cat-file', '--batch-check', '--batch-all-objects'];
  const objects = (await execa('git', args, { cwd: mirror })).stdout.split('\n').map((line) => line.split(' '));
  const chosen = new Set(objects.filter(([, is]) => type === undefined || is === type).map(([object]) => object));
  const files = names.filter((name) => chosen.has(name.replace('/', '')) || name.endsWith('.pack'));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files) {
    const file = join(mirror, 'objects', name);
    const bytes = await readFile(file);
    await rm(file, { force: true });
    await writeFile(file, bytes.subarray(0, bytes.length / 2));
  }
}
