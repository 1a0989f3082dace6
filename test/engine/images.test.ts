import type Docker from 'dockerode';
import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type ImageRef,
  imagesOfJars,
  imagesOfTools,
  notaryImage,
  type ReleaseParts,
} from '../../src/harness/images/image.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { imagePlace, type ImagePlace } from '../rig/image-place.ts';
import { imageOf } from '../rig/image-rig.ts';
import { registryProxy } from '../rig/registry-proxy.ts';

// A real engine and a real registry; real jars where what is in an image matters, one of random bytes where it does not.

const RELEASES = ['4.8', '4.10'] as const;

describeWithDocker('images', () => {
  let place: ImagePlace;
  const parts = (version: string): ReleaseParts => ({
    kit: place.rig.kit(version),
    runtime: place.rig.jdk,
    tools: place.rig.tools(version),
  });

  beforeAll(async () => {
    place = await imagePlace(RELEASES);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  describe('of two releases, published', () => {
    let images: ReadonlyMap<string, ImageRef>;
    let builtFile: string;
    const requests = () => RELEASES.map(parts).flatMap((each) => [...imagesOfJars(each), ...imagesOfTools(each)]);

    beforeAll(async () => {
      builtFile = join(place.folder, 'built/node-images.txt');
      images = await place.ensure(requests(), place.run({ registry: place.registry, builtFile }));
    });

    test('are named after the component and used by digest', () => {
      const { name, reference } = imageOf(images, 'node', '4.10');
      expect(name).toMatch(new RegExp(`^${place.registry}/corda-compat-node:4\\.10-[0-9a-f]{12}$`));
      expect(reference).toMatch(new RegExp(`^${place.registry}/corda-compat-node@sha256:[0-9a-f]{64}$`));
      expect(new Set([...images.values()].map((image) => image.reference)).size).toBe(images.size);
    });

    test('a second run builds nothing and pushes not a byte', async () => {
      await using proxy = await registryProxy(rigEnv().COMPAT_REGISTRY);
      const again = place.run({ registry: `${proxy.address}/images-${process.pid}` });
      const found = await place.ensure(requests(), again);
      expect([...found.values()].map(({ reference }) => reference.split('@')[1])).toEqual(
        [...images.values()].map(({ reference }) => reference.split('@')[1]),
      );
      expect(again.said.filter((text) => /build|push|making/.test(text))).toEqual([]);
      expect(proxy.uploaded()).toBe(0);
    });

    test('the file of built images has each of them once', async () => {
      await place.ensure(requests(), place.run({ registry: place.registry, builtFile }));
      const lines = (await readFile(builtFile, 'utf8')).trim().split('\n');
      const wanted = [...images.values()].map(({ name, reference }) => `${name}@${reference.split('@')[1]}`);
      expect([...lines].sort()).toEqual(wanted.sort());
    });

    test('share every layer but the release’s own', async () => {
      const layers = async (component: 'node' | 'driver', version: string): Promise<readonly string[]> => {
        return (
          (await place.engine.getImage(imageOf(images, component, version).reference).inspect()).RootFS.Layers ?? []
        );
      };
      const [older, newer] = [await layers('node', '4.8'), await layers('node', '4.10')];
      expect(newer).toHaveLength(3);
      expect(newer.slice(0, -1)).toEqual(older.slice(0, -1));
      expect(newer.at(-1)).not.toBe(older.at(-1));
      // A driver has its release's jars too: only our own classes are added.
      expect((await layers('driver', '4.10')).slice(0, -1)).toEqual(newer);
    });

    test('run as nobody in particular, say what they are, hold no secret and no configuration', async () => {
      const image = place.engine.getImage(imageOf(images, 'node', '4.10').reference);
      const { Config } = await image.inspect();
      expect(Config.User).toBe('1000:1000');
      expect(Config.Labels).toMatchObject({
        'corda-compat.image.component': 'node',
        'corda-compat.image.release': '4.10',
        'corda-compat.image.version': '4.10',
        'corda-compat.image.recipe': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        'corda-compat.image.run': 'image-rig',
      });
      expect((Config.Env ?? []).filter((line) => /PASSWORD|TOKEN|SECRET/i.test(line))).toEqual([]);
      expect(Config.Healthcheck).toMatchObject({ Test: expect.arrayContaining(['compat.image.Health']) as string[] });
      expect(await filesIn(imageOf(images, 'node', '4.10'), '/opt/corda/node')).toEqual(['node/', 'node/cordapps/']);
    });

    test('a driver starts as it is and becomes healthy', async () => {
      const Healthcheck = { Test: [], Interval: 1e9, Timeout: 1e10, StartPeriod: 1e9, Retries: 9 };
      const container = await place.engine.createContainer({
        Image: imageOf(images, 'driver', '4.8').reference,
        Env: ['COMPAT_DRIVER_TOKEN=of-this-test'],
        Healthcheck,
      });
      onTestFinished(() => container.remove({ force: true }));
      await container.start();
      const probe = async () => {
        const { State } = await container.inspect();
        const last = `${State.Status} ${State.Health?.Status}: ${State.Health?.Log.at(-1)?.Output}`;
        return State.Health?.Status === 'healthy'
          ? { done: true as const, value: last }
          : { done: false as const, last };
      };
      expect(await waitUntil(probe, { name: 'health of the driver', limit: 30_000 })).toContain('listens on [8080]');
      const { stdout } = await execa('ps', ['-o', 'uid=', '-p', String((await container.inspect()).State.Pid)]);
      expect(stdout.trim()).toBe('1000');
    });

    test('CorDapps are copied to where a node wants them', async () => {
      const container = await place.engine.createContainer({
        Image: imageOf(images, 'healthcheck', '4.10').reference,
        HostConfig: { Tmpfs: { '/opt/corda/node/cordapps': 'uid=1000' } },
      });
      onTestFinished(() => container.remove({ force: true }));
      await container.start();
      expect(await container.wait()).toMatchObject({ StatusCode: 0 });
      const said = (await container.logs({ stdout: true })).toString();
      expect(said).toContain('/opt/corda/node/cordapps/corda-compat-healthcheck.jar');
    });

    async function filesIn({ reference }: ImageRef, path: string): Promise<readonly string[]> {
      const container = await place.engine.createContainer({ Image: reference });
      onTestFinished(() => container.remove({ force: true }));
      const { extract } = await import('tar-stream');
      const names: string[] = [];
      const reading = extract();
      (await container.getArchive({ path })).pipe(reading);
      for await (const entry of reading) {
        names.push(entry.header.name);
        entry.resume();
      }
      return names.sort();
    }
  });

  describe('that are the engine’s own', () => {
    test('are the same image wherever and whenever they are built', async () => {
      const kit = await place.fresh();
      const first = await place.ofNode(kit, place.run());
      await place.engine.getImage(first.name).remove();
      expect(await place.ofNode(kit, place.run())).toEqual(first);
      expect(first.reference).toMatch(/^sha256:/);
    });

    test('a layer that a run has put into the engine is not sent again, unless somebody has removed it', async () => {
      const images = place.run();
      const sent = bytesSent(images.engine);
      const kit = await place.fresh(8);
      const parts = { kit, runtime: place.rig.jdk };
      const node = await place.ofNode(kit, images);
      expect(sent()).toBeGreaterThan(8 * 2 ** 20);
      const before = sent();
      const notary = imageOf(await place.ensure([notaryImage(parts)], images), 'notary', '4.8');
      expect(sent() - before).toBeLessThan(2 ** 20);
      for (const { name } of [node, notary]) await place.engine.getImage(name).remove();
      expect(imageOf(await place.ensure([notaryImage(parts)], images), 'notary', '4.8')).toEqual(notary);
      expect(sent() - before).toBeGreaterThan(8 * 2 ** 20);
    });

    test('two runs that want the same at once build it once', async () => {
      const kit = await place.fresh(8);
      const runs = [place.run(), place.run()];
      const [one, two] = await Promise.all(runs.map((images) => place.ofNode(kit, images)));
      expect(one).toEqual(two);
      expect(runs.flatMap(({ said }) => said).filter((text) => text.startsWith('building'))).toHaveLength(1);
    });

    test('a base that cannot be had is told with what would help', async () => {
      const env = { ...process.env, COMPAT_BASE_IMAGE: '127.0.0.1:1/no/base:1' };
      await expect(place.ofNode(await place.fresh(), place.run({ env }))).rejects.toMatchObject({
        failure: {
          outcome: 'blocked',
          step: 'build',
          message: expect.stringMatching(
            /127\.0\.0\.1:1\/no\/base:1 is not in the Docker engine.*build base/,
          ) as string,
        },
      });
    });

    test('without an engine the error says so', async () => {
      const images = place.run({ host: `unix://${place.folder}/none.sock` });
      await expect(place.ofNode(await place.fresh(), images)).rejects.toMatchObject({
        failure: { step: 'build', message: expect.stringContaining('the Docker engine does not answer') as string },
      });
    });
  });

  test('one that was removed from the engine is fetched, and one that the registry lost is pushed again', async () => {
    const kit = await place.fresh();
    const first = await place.ofNode(kit, place.run({ registry: place.registry }));
    await place.engine.getImage(first.name).remove({ force: true });
    const again = place.run({ registry: place.registry });
    expect(await place.ofNode(kit, again)).toEqual(first);
    expect(again.said).toEqual([`fetching ${first.name} from the registry`]);
    const { COMPAT_REGISTRY: address, COMPAT_REGISTRY_USER: user, COMPAT_REGISTRY_PASSWORD: password } = rigEnv();
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const [repository = '', digest = ''] = first.reference.slice(address.length + 1).split('@');
    const url = `http://${address}/v2/${repository}/manifests/${digest}`;
    expect((await fetch(url, { method: 'DELETE', headers: { authorization } })).status).toBe(202);
    expect((await place.ofNode(kit, place.run({ registry: place.registry }))).name).toBe(first.name);
  });
});

/** Counts what an engine is sent of archives from now on. */
function bytesSent(engine: Docker): () => number {
  let bytes = 0;
  const load = engine.loadImage.bind(engine);
  vi.spyOn(engine, 'loadImage').mockImplementation((archive, options) => {
    const counted = new PassThrough();
    counted.on('data', (chunk: Buffer) => (bytes += chunk.length)).pause();
    (archive as Readable).on('error', (error) => counted.destroy(error)).pipe(counted);
    return load(counted, options ?? {});
  });
  return () => bytes;
}
