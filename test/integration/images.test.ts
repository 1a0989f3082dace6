import type Docker from 'dockerode';
import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ImageRef } from '../../src/harness/domain/image.ts';
import type { NodeKit } from '../../src/harness/domain/release.ts';
import { ensureImages } from '../../src/harness/images/ensure-images.ts';
import { allImages, nodeImage, notaryImage, type ReleaseParts } from '../../src/harness/images/image-request.ts';
import { waitUntil } from '../../src/harness/support/wait-until.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { engineRemains, freshKit, imageOf, imagesOf, type ImageRigOptions, type RigImages } from '../rig/image-rig.ts';
import { jvmRig, type JvmRig } from '../rig/jvm-rig.ts';
import { registryProxy, type ProxyFault } from '../rig/registry-proxy.ts';

// A real engine and a real registry; real jars where what is in an image matters, one of random bytes where it does not.

const RELEASES = ['4.8', '4.10'] as const;
const BUILD_IMAGE = join(import.meta.dirname, '../rig/build-image.ts');
const TSX = import.meta.resolve('tsx');

describeWithDocker('images', () => {
  let rig: JvmRig;
  let folder: string;
  let engine: Docker;
  const host = (): string => rigEnv().DOCKER_HOST;
  /** Of its own: what other tests have pushed is not there. */
  const registry = (): string => `${rigEnv().COMPAT_REGISTRY}/images-${process.pid}`;
  const made: string[] = [];

  const run = (options: Partial<ImageRigOptions> = {}): RigImages =>
    imagesOf({ releases: rig.ctx, host: host(), ...options });
  const parts = (version: string): ReleaseParts => ({
    kit: rig.kit(version),
    runtime: rig.jdk,
    tools: rig.tools(version),
  });
  const fresh = (megabytes = 1): Promise<NodeKit> => freshKit(rig.kit('4.8'), folder, { megabytes });
  const ensure = async (requests: Parameters<typeof ensureImages>[0], images: RigImages) => {
    const found = await ensureImages(requests, images);
    made.push(...[...found.values()].map(({ name }) => name));
    return found;
  };
  const ofNode = async (kit: NodeKit, images: RigImages): Promise<ImageRef> => {
    return imageOf(await ensure([nodeImage({ kit, runtime: rig.jdk })], images), 'node', '4.8');
  };
  const remains = async (): Promise<void> => {
    const probe = async () => {
      const left = await engineRemains(host());
      return left.length === 0
        ? { done: true as const, value: undefined }
        : { done: false as const, last: left.join(', ') };
    };
    await waitUntil(probe, { name: 'an engine with nothing half done', limit: 20_000 });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-'));
    rig = await jvmRig(RELEASES, new AbortController().signal);
    engine = run().engine;
  });

  afterAll(async () => {
    for (const name of new Set(made))
      await engine
        .getImage(name)
        .remove({ force: true })
        .catch(() => undefined);
    await rm(folder, { recursive: true });
    await remains();
  });

  describe('of two releases, published', () => {
    let images: ReadonlyMap<string, ImageRef>;
    let builtFile: string;
    const requests = () => RELEASES.flatMap((version) => allImages(parts(version)));

    beforeAll(async () => {
      builtFile = join(folder, 'built/node-images.txt');
      images = await ensure(requests(), run({ registry: registry(), builtFile }));
    });

    test('are named after the component and used by digest', () => {
      const { name, reference } = imageOf(images, 'node', '4.10');
      expect(name).toMatch(new RegExp(`^${registry()}/corda-compat-node:4\\.10-[0-9a-f]{12}$`));
      expect(reference).toMatch(new RegExp(`^${registry()}/corda-compat-node@sha256:[0-9a-f]{64}$`));
      expect(new Set([...images.values()].map((image) => image.reference)).size).toBe(images.size);
    });

    test('a second run builds nothing and pushes not a byte', async () => {
      await using proxy = await registryProxy(rigEnv().COMPAT_REGISTRY);
      const again = run({ registry: `${proxy.address}/images-${process.pid}` });
      const found = await ensure(requests(), again);
      expect([...found.values()].map(({ reference }) => reference.split('@')[1])).toEqual(
        [...images.values()].map(({ reference }) => reference.split('@')[1]),
      );
      expect(again.said.filter((text) => /build|push|making/.test(text))).toEqual([]);
      expect(proxy.uploaded()).toBe(0);
    });

    test('the file of built images has each of them once', async () => {
      await ensure(requests(), run({ registry: registry(), builtFile }));
      const lines = (await readFile(builtFile, 'utf8')).trim().split('\n');
      const wanted = [...images.values()].map(({ name, reference }) => `${name}@${reference.split('@')[1]}`);
      expect([...lines].sort()).toEqual(wanted.sort());
    });

    test('share every layer but the release’s own', async () => {
      const layers = async (component: 'node' | 'driver', version: string): Promise<readonly string[]> => {
        return (await engine.getImage(imageOf(images, component, version).reference).inspect()).RootFS.Layers ?? [];
      };
      const [older, newer] = [await layers('node', '4.8'), await layers('node', '4.10')];
      expect(newer).toHaveLength(3);
      expect(newer.slice(0, -1)).toEqual(older.slice(0, -1));
      expect(newer.at(-1)).not.toBe(older.at(-1));
      // A driver has its release's jars too: only our own classes are added.
      expect((await layers('driver', '4.10')).slice(0, -1)).toEqual(newer);
    });

    test('run as nobody in particular, say what they are, hold no secret and no configuration', async () => {
      const image = engine.getImage(imageOf(images, 'node', '4.10').reference);
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
      const container = await engine.createContainer({
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
      const container = await engine.createContainer({
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
      const container = await engine.createContainer({ Image: reference });
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
      const kit = await fresh();
      const first = await ofNode(kit, run());
      await engine.getImage(first.name).remove();
      expect(await ofNode(kit, run())).toEqual(first);
      expect(first.reference).toMatch(/^sha256:/);
    });

    test('two runs that want the same at once build it once', async () => {
      const kit = await fresh(8);
      const runs = [run(), run()];
      const [one, two] = await Promise.all(runs.map((images) => ofNode(kit, images)));
      expect(one).toEqual(two);
      expect(runs.flatMap(({ said }) => said).filter((text) => text.startsWith('building'))).toHaveLength(1);
    });

    test('a base that cannot be had is told with what would help', async () => {
      const env = { ...process.env, COMPAT_BASE_IMAGE: '127.0.0.1:1/no/base:1' };
      await expect(ofNode(await fresh(), run({ env }))).rejects.toMatchObject({
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
      const images = run({ host: `unix://${folder}/none.sock` });
      await expect(ofNode(await fresh(), images)).rejects.toMatchObject({
        failure: { step: 'build', message: expect.stringContaining('the Docker engine does not answer') as string },
      });
    });
  });

  test('one that was removed from the engine is fetched, and one that the registry lost is pushed again', async () => {
    const kit = await fresh();
    const first = await ofNode(kit, run({ registry: registry() }));
    await engine.getImage(first.name).remove({ force: true });
    const again = run({ registry: registry() });
    expect(await ofNode(kit, again)).toEqual(first);
    expect(again.said).toEqual([`fetching ${first.name} from the registry`]);
    const { COMPAT_REGISTRY: address, COMPAT_REGISTRY_USER: user, COMPAT_REGISTRY_PASSWORD: password } = rigEnv();
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const [repository = '', digest = ''] = first.reference.slice(address.length + 1).split('@');
    const url = `http://${address}/v2/${repository}/manifests/${digest}`;
    expect((await fetch(url, { method: 'DELETE', headers: { authorization } })).status).toBe(202);
    expect((await ofNode(kit, run({ registry: registry() }))).name).toBe(first.name);
  });

  describe.concurrent('a registry that', () => {
    const refused = async (fault: ProxyFault): Promise<Error & { said: readonly string[] }> => {
      await using proxy = await registryProxy(rigEnv().COMPAT_REGISTRY, fault);
      const images = run({ registry: `${proxy.address}/team` });
      const failed = await ofNode(await fresh(4), images).catch((error: unknown) => error as Error);
      expect(failed).toBeInstanceOf(Error);
      expect(failed).toMatchObject({ failure: { outcome: 'blocked', step: 'build' } });
      return Object.assign(failed as Error, { said: images.said });
    };

    test('does not know the password (401)', async () => {
      const env = { ...process.env, COMPAT_REGISTRY_PASSWORD: 'wrong' };
      await expect(ofNode(await fresh(), run({ registry: registry(), env }))).rejects.toThrow(
        /the registry \S+ does not accept the user or the password \(401\).*COMPAT_REGISTRY_USER/,
      );
    });

    test('does not take this user’s push (401, 403)', async () => {
      expect((await refused({ kind: 'status', status: 401 })).message).toMatch(/pushing .*\(401\)/);
      expect((await refused({ kind: 'status', status: 403 })).message).toMatch(/pushing .*\(403\).*right to push/);
    });

    test('does not take layers of this size (413)', async () => {
      expect((await refused({ kind: 'status', status: 413 })).message).toMatch(/\(413\).*client_max_body_size/);
    });

    test('breaks off half-way', async () => {
      const error = await refused({ kind: 'cut', after: 1024 * 1024 });
      expect(error.message).toMatch(/pushing .*cannot be reached by the engine, or broke off/);
      expect(error.said.some((text) => text.includes('Retrying'))).toBe(true);
    });

    test('is not there', async () => {
      await expect(ofNode(await fresh(), run({ registry: '127.0.0.1:1' }))).rejects.toThrow(
        /looking for 127\.0\.0\.1:1\/corda-compat-node:\S+ the registry 127\.0\.0\.1:1 cannot be reached/,
      );
    });
  });

  describe('ended in the middle', () => {
    test('by Ctrl-C, a build leaves nothing, and the next one goes through', async () => {
      const kit = await fresh(64);
      const interrupt = new AbortController();
      const building = ofNode(kit, run({ signal: interrupt.signal }));
      await taking();
      interrupt.abort(new Error('interrupted by SIGINT'));
      await expect(building).rejects.toThrow('interrupted by SIGINT');
      await remains();
      expect((await ofNode(kit, run())).reference).toMatch(/^sha256:/);
    });

    test('by kill -9, a build leaves nothing, and the next one goes through', async () => {
      const kit = await fresh(64);
      // Its loader, not tsx's own command, which would be killed in place of what it started.
      const args = ['--import', TSX, BUILD_IMAGE, host(), kit.classPath[0] ?? ''];
      const child = execa('node', args, { reject: false });
      await taking();
      child.kill('SIGKILL');
      expect((await child).stdout).toBe('');
      await remains();
      expect((await ofNode(kit, run())).reference).toMatch(/^sha256:/);
    });

    test('by Ctrl-C, a push leaves an image that the next run only pushes', async () => {
      const kit = await fresh(32);
      const interrupt = new AbortController();
      const images = run({ registry: registry(), signal: interrupt.signal });
      const requests = [nodeImage({ kit, runtime: rig.jdk }), notaryImage({ kit, runtime: rig.jdk })];
      const pushing = ensure(requests, images);
      await waitUntil(
        () =>
          ({ done: images.said.some((text) => text.startsWith('built')), value: 0, last: images.said.join() }) as never,
        {
          name: 'the build',
          limit: 30_000,
        },
      );
      interrupt.abort(new Error('interrupted by SIGINT'));
      await expect(pushing).rejects.toThrow('interrupted by SIGINT');
      await remains();
      const next = run({ registry: registry() });
      await ensure(requests, next);
      expect(next.said.filter((text) => text.startsWith('building'))).toEqual([]);
      expect(next.said.filter((text) => text.startsWith('pushed'))).toHaveLength(2);
    });

    /** Until the engine is taking an archive in. */
    async function taking(): Promise<void> {
      const probe = async () => {
        const left = await engineRemains(host());
        return left.length > 0 ? { done: true as const, value: undefined } : { done: false as const, last: 'nothing' };
      };
      await waitUntil(probe, { name: 'an archive on its way', limit: 60_000, every: 2 });
    }
  });
});
