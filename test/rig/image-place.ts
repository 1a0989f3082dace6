import type Docker from 'dockerode';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageRef, nodeImage } from '../../src/harness/images/image.ts';
import type { NodeKit } from '../../src/harness/releases/artefacts.ts';
import { ensureImages } from '../../src/harness/images/ensure-images.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { rigEnv } from './docker-tests.ts';
import { engineRemains, freshKit, imageOf, imagesOf, type ImageRigOptions, type RigImages } from './image-rig.ts';
import { jvmRig, type JvmRig } from './jvm-rig.ts';

/** What tests of images share: real releases, the rig's engine and registry, a folder; its end removes what was made. */
export interface ImagePlace extends AsyncDisposable {
  readonly rig: JvmRig;
  readonly folder: string;
  readonly engine: Docker;
  readonly host: string;
  /** Of its own: what other tests have pushed is not there. */
  readonly registry: string;
  run(options?: Partial<ImageRigOptions>): RigImages;
  ensure(requests: Parameters<typeof ensureImages>[0], images: RigImages): ReturnType<typeof ensureImages>;
  /** A release that nobody has built yet. */
  fresh(megabytes?: number): Promise<NodeKit>;
  ofNode(kit: NodeKit, images: RigImages): Promise<ImageRef>;
  /** Waits until the engine has nothing half done. @throws WaitTimeout naming what it has */
  remains(): Promise<void>;
}

export async function imagePlace(releases: readonly string[]): Promise<ImagePlace> {
  const folder = await mkdtemp(join(tmpdir(), 'images-'));
  const rig = await jvmRig(releases, new AbortController().signal);
  const host = rigEnv().DOCKER_HOST;
  const made: string[] = [];
  const run: ImagePlace['run'] = (options = {}) => imagesOf({ releases: rig.ctx, host, ...options });
  const ensure: ImagePlace['ensure'] = async (requests, images) => {
    const found = await ensureImages(requests, images);
    made.push(...[...found.values()].map(({ name }) => name));
    return found;
  };
  const remains = async (): Promise<void> => {
    const probe = async () => {
      const left = await engineRemains(host);
      return left.length === 0
        ? { done: true as const, value: undefined }
        : { done: false as const, last: left.join(', ') };
    };
    await waitUntil(probe, { name: 'an engine with nothing half done', limit: 20_000 });
  };
  const { engine } = run();
  return {
    rig,
    folder,
    engine,
    host,
    registry: `${rigEnv().COMPAT_REGISTRY}/images-${process.pid}`,
    run,
    ensure,
    remains,
    fresh: (megabytes = 1) => freshKit(rig.kit('4.8'), folder, { megabytes }),
    ofNode: async (kit, images) => {
      return imageOf(await ensure([nodeImage({ kit, runtime: rig.jdk })], images), 'node', '4.8');
    },
    async [Symbol.asyncDispose]() {
      // One after the other: two names of one image that go at once leave the image without any. Some were removed by tests.
      for (const name of new Set(made)) {
        await engine
          .getImage(name)
          .remove({ force: true })
          .catch(() => undefined);
      }
      await rm(folder, { recursive: true });
      await remains();
    },
  };
}
