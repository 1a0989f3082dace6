import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodeKit } from '../../src/harness/releases/artefacts.ts';
import { ensureImages } from '../../src/harness/images/ensure-images.ts';
import { nodeImage } from '../../src/harness/images/image.ts';
import { endProcesses } from '../../src/harness/support/processes.ts';
import { startEngine } from '../rig/docker/daemons.ts';
import { RIG_MARKER } from '../rig/remains.ts';
import { describeWithDocker } from '../rig/docker-tests.ts';
import { engineRemains, freshKit, imageOf, imagesOf, type RigImages } from '../rig/image-rig.ts';
import { jvmRig, type JvmRig } from '../rig/jvm-rig.ts';

// A real engine of the test's own whose disk is small: a file system in memory.

describeWithDocker('an engine without disk left', () => {
  let disk: string;
  let host: string;
  let rig: JvmRig;
  let kit: NodeKit;

  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), 'small-engine-'));
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk]);
    host = await startEngine(disk, { networks: false });
    rig = await jvmRig(['4.8'], new AbortController().signal);
    kit = await freshKit(rig.kit('4.8'), await mkdtemp(join(disk, 'kit-')), { megabytes: 1 });
  });
  afterAll(async () => {
    const marker = { name: RIG_MARKER, value: disk };
    await endProcesses({ name: 'the small engine', marker, graceMs: 10_000, limitMs: 30_000 });
    await execa('umount', ['--lazy', disk]);
    await rm(disk, { recursive: true });
  });

  const images = (): RigImages => {
    // Neither registry nor base image but this machine's Java: nothing is fetched.
    const env = { ...process.env, COMPAT_BASE_IMAGE: undefined };
    return imagesOf({ releases: rig.ctx, host, env });
  };
  const build = () => ensureImages([nodeImage({ kit, runtime: rig.jdk })], images());

  test('is told with what to do, and nothing half done is left in it', async () => {
    await expect(build()).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'build',
        message: expect.stringMatching(/the Docker engine has no disk left: .*docker system df/) as string,
      },
    });
    expect(await engineRemains(host)).toEqual([]);
    expect(await images().engine.listImages()).toEqual([]);
  });

  test('serves the next run once there is room', async () => {
    await execa('mount', ['-o', 'remount,size=1g', disk]);
    expect(imageOf(await build(), 'node', '4.8').reference).toMatch(/^sha256:/);
    expect(await engineRemains(host)).toEqual([]);
  });
});
