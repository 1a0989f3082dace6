import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { k3sCheck } from '../../src/cli/doctor/kubernetes/k3s-check.ts';
import { engineAt } from '../../src/harness/providers/docker/engine-address.ts';
import { findLabelled } from '../../src/harness/providers/docker/labelled.ts';
import { LABEL } from '../../src/harness/providers/docker/labels.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { importFolder } from '../rig/image-files.ts';
import { makePlace, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

// A throw-away cluster on a real engine, as far as it goes without K3s' own image, which is not fetched here.

const CELL = '4.8+4.10';
const NOT_THERE = 'corda-compat-test-no-k3s:1';

describeWithDocker('a matrix with cluster: k3s', () => {
  const engine = engineAt({ url: rigEnv().DOCKER_HOST });
  let place: Place;

  beforeAll(async () => {
    const matrix = {
      releases: releases('4.8', '4.10'),
      cordapps: finance('4.8'),
      provider: 'kubernetes',
      cluster: 'k3s',
    };
    place = await makePlace(matrix);
  });
  afterAll(() => place.remove());

  async function blocked(image: string): Promise<string> {
    const run = place.run(['--project', CELL, 'suites/health'], { ...rigEnv(), COMPAT_K3S_IMAGE: image });
    const end = await run.done();
    const cell = await end.cell(CELL);
    expect(cell.outcome).toBe('blocked');
    expect(end.code).toBe(1);
    expect(await place.leftovers(0)).toEqual([]);
    expect(await findLabelled(engine, `${LABEL.resident}=k3s`)).toEqual([]);
    return cell.because ?? '';
  }

  test('without its image the cell is blocked, with what to do', async () => {
    const because = await blocked(NOT_THERE);
    expect(because).toMatch(
      /^space: the image corda-compat-test-no-k3s:1 of the throw-away cluster \(cluster: "k3s"\) is not in the Docker engine at unix:/,
    );
    expect(because).toMatch(
      /docker pull corda-compat-test-no-k3s:1, or name another one with COMPAT_K3S_IMAGE, or use the cluster of your kubeconfig/,
    );
  });

  test('with an image that is no K3s the cell is blocked, in the engine’s words, and its container goes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'no-k3s-'));
    const root = join(folder, 'root');
    await mkdir(root);
    await writeFile(join(root, 'nothing'), '');
    const name = `corda-compat-test-k3s:${process.pid}`;
    const id = await importFolder(engine, { root, name });
    onTestFinished(async () => {
      await engine.getImage(id).remove({ force: true });
      await rm(folder, { recursive: true });
    });
    expect(await blocked(name)).toMatch(
      /^space: the throw-away cluster \(corda-compat-test-k3s:\d+, in a privileged container\) did not start: the Docker engine answers \d+: ./,
    );
  });

  test('doctor says that the image is not there, and that its container would be privileged', async () => {
    const check = await k3sCheck({ env: { ...process.env, COMPAT_K3S_IMAGE: NOT_THERE } });
    expect(check).toMatchObject({
      state: 'missing',
      found: expect.stringMatching(/corda-compat-test-no-k3s:1 .* is not in the engine/) as string,
    });
    expect(check.mend).toMatch(/^docker pull corda-compat-test-no-k3s:1/);
    expect(check.tried?.join()).toMatch(/privileged.*not 127\.0\.0\.1/s);
  });
});
