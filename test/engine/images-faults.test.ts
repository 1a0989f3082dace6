import { execa } from 'execa';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeImage, notaryImage } from '../../src/harness/images/image.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { imagePlace, type ImagePlace } from '../rig/image-place.ts';
import { engineRemains } from '../rig/image-rig.ts';
import { registryProxy, type ProxyFault } from '../rig/registry-proxy.ts';

const BUILD_IMAGE = join(import.meta.dirname, '../rig/build-image.ts');
const TSX = import.meta.resolve('tsx');

describeWithDocker('faults while images are built and published', () => {
  let place: ImagePlace;

  beforeAll(async () => {
    place = await imagePlace(['4.8']);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  describe.concurrent('a registry that', () => {
    const refused = async (fault: ProxyFault): Promise<Error & { said: readonly string[] }> => {
      await using proxy = await registryProxy(rigEnv().COMPAT_REGISTRY, fault);
      const images = place.run({ registry: `${proxy.address}/team` });
      const failed = await place.ofNode(await place.fresh(4), images).catch((error: unknown) => error as Error);
      expect(failed).toBeInstanceOf(Error);
      expect(failed).toMatchObject({ failure: { outcome: 'blocked', step: 'build' } });
      return Object.assign(failed as Error, { said: images.said });
    };

    test('does not know the password (401)', async () => {
      const env = { ...process.env, COMPAT_REGISTRY_PASSWORD: 'wrong' };
      await expect(place.ofNode(await place.fresh(), place.run({ registry: place.registry, env }))).rejects.toThrow(
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
      await expect(place.ofNode(await place.fresh(), place.run({ registry: '127.0.0.1:1' }))).rejects.toThrow(
        /looking for 127\.0\.0\.1:1\/corda-compat-node:\S+ the registry 127\.0\.0\.1:1 cannot be reached/,
      );
    });
  });

  describe('ended in the middle', () => {
    test('by Ctrl-C, a build leaves nothing, and the next one goes through', async () => {
      const kit = await place.fresh(64);
      const interrupt = new AbortController();
      const building = place.ofNode(kit, place.run({ signal: interrupt.signal }));
      await taking();
      interrupt.abort(new Error('interrupted by SIGINT'));
      await expect(building).rejects.toThrow('interrupted by SIGINT');
      await place.remains();
      expect((await place.ofNode(kit, place.run())).reference).toMatch(/^sha256:/);
    });

    test('by kill -9, a build leaves nothing, and the next one goes through', async () => {
      const kit = await place.fresh(64);
      // Its loader, not tsx's own command, which would be killed in place of what it started.
      const args = ['--import', TSX, BUILD_IMAGE, place.host, kit.classPath[0] ?? ''];
      const child = execa('node', args, { reject: false });
      await taking();
      child.kill('SIGKILL');
      expect((await child).stdout).toBe('');
      await place.remains();
      expect((await place.ofNode(kit, place.run())).reference).toMatch(/^sha256:/);
    });

    test('by kill -9, a push leaves an image that the next run only pushes', async () => {
      const kit = await place.fresh(48);
      await using proxy = await registryProxy(rigEnv().COMPAT_REGISTRY);
      const registry = `${proxy.address}/team`;
      const args = ['--import', TSX, BUILD_IMAGE, place.host, kit.classPath[0] ?? '', registry];
      const child = execa('node', args, { reject: false });
      const probe = () => {
        const last = `${proxy.uploaded()} bytes on their way`;
        return proxy.uploaded() > 1e6 ? { done: true as const, value: undefined } : { done: false as const, last };
      };
      await waitUntil(probe, { name: 'a push', limit: 60_000, every: 10 });
      child.kill('SIGKILL');
      expect((await child).stdout).toBe('');
      await place.remains();
      const next = place.run({ registry });
      await place.ofNode(kit, next);
      expect(next.said.filter((text) => text.startsWith('building'))).toEqual([]);
      expect(next.said.filter((text) => text.startsWith('pushed'))).toHaveLength(1);
    });

    test('by Ctrl-C, a push leaves an image that the next run only pushes', async () => {
      const kit = await place.fresh(32);
      const interrupt = new AbortController();
      const images = place.run({ registry: place.registry, signal: interrupt.signal });
      const requests = [nodeImage({ kit, runtime: place.rig.jdk }), notaryImage({ kit, runtime: place.rig.jdk })];
      const pushing = place.ensure(requests, images);
      await waitUntil(
        () =>
          images.said.some((text) => text.startsWith('built'))
            ? { done: true as const, value: undefined }
            : { done: false as const, last: images.said.join() },
        { name: 'the build', limit: 30_000 },
      );
      interrupt.abort(new Error('interrupted by SIGINT'));
      await expect(pushing).rejects.toThrow('interrupted by SIGINT');
      await place.remains();
      const next = place.run({ registry: place.registry });
      await place.ensure(requests, next);
      expect(next.said.filter((text) => text.startsWith('building'))).toEqual([]);
      expect(next.said.filter((text) => text.startsWith('pushed'))).toHaveLength(2);
    });

    /** Until the engine is taking an archive in. */
    async function taking(): Promise<void> {
      const probe = async () => {
        const left = await engineRemains(place.host);
        return left.length > 0 ? { done: true as const, value: undefined } : { done: false as const, last: 'nothing' };
      };
      await waitUntil(probe, { name: 'an archive on its way', limit: 60_000, every: 2 });
    }
  });
});
