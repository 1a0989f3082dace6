import { execa } from 'execa';
import { mkdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { expectNothingLeft } from '../rig/git-leftovers.ts';
import { gitPlace } from '../rig/git-place.ts';

/** A file system in memory as the disk: only root may mount one. */

describe('a full disk', () => {
  test('blocks what fetches and what builds, naming the folder; with room again, both go on', async () => {
    await using place = await gitPlace();
    const { rig, cache } = place;
    await mkdir(cache);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', cache]);
    try {
      await rig.commit('big', { noise: (await execa('openssl', ['rand', '-hex', '8000000'])).stdout });
      expect(await place.refusal(rig.release('big'))).toMatch(/blocked resolve: .*full/);
      await expectNothingLeft(cache);
      const node = { command: 'dd if=/dev/zero of=big bs=1M count=16', artefact: 'big' };
      expect(await place.refusal(rig.release('v1', { build: { node } }))).toMatch(
        /blocked build: .*disk is full.*Free/,
      );
      await expectNothingLeft(cache);
      await execa('mount', ['-o', 'remount,size=64m', cache]);
      await resolveRelease(rig.release('big'), await place.run());
      await expectNothingLeft(cache);
    } finally {
      await execa('umount', [cache]);
    }
  });
});
