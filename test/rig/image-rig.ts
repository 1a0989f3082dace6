import Docker from 'dockerode';
import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Component, ImageRef } from '../../src/harness/images/image.ts';
import type { NodeKit } from '../../src/harness/releases/artefacts.ts';
import { nothingKnown, type ImagesContext } from '../../src/harness/images/ensure-images.ts';
import { parseRegistry } from '../../src/harness/images/registry.ts';
import type { ReleasesContext } from '../../src/harness/releases/context.ts';
import { sha256 } from './releases-rig.ts';

/** Beginning of what tests push and build, below the registry. */
export interface ImageRigOptions {
  readonly releases: ReleasesContext;
  readonly host: string;
  /** `host[:port][/path]`; none: images are the engine's own. */
  readonly registry?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly builtFile?: string;
}

export interface RigImages extends ImagesContext {
  readonly said: string[];
}

/** What a run has for images, anew: knows nothing of other runs. */
export function imagesOf(options: ImageRigOptions): RigImages {
  const { releases, host, registry, env = process.env, signal = new AbortController().signal, builtFile } = options;
  const said: string[] = [];
  return {
    said,
    engine: new Docker({ socketPath: host.slice('unix://'.length) }),
    ...(registry === undefined ? {} : { registry: parseRegistry(registry) }),
    env: { ...env, ...(registry === undefined ? {} : { COMPAT_REGISTRY: registry }) },
    cache: releases.cache,
    exclusively: releases.cache.exclusively.bind(releases.cache),
    progress: { say: (text) => void said.push(text) },
    signal,
    runId: 'image-rig',
    ...(builtFile === undefined ? {} : { builtFile }),
    known: nothingKnown(),
  };
}

/** A release that nobody has built yet: a real one with one more jar, of this size, that no zip can make smaller. */
export async function freshKit(kit: NodeKit, folder: string, { megabytes }: { megabytes: number }): Promise<NodeKit> {
  const content = randomBytes(megabytes * 1024 * 1024);
  const name = `fresh-${content.toString('hex', 0, 4)}.jar`;
  const file = join(folder, name);
  await writeFile(file, content);
  const { release } = kit;
  const node = { ...release.node, file, name, sha256: sha256(content) };
  return { ...kit, release: { ...release, node }, classPath: [file] };
}

/** What builds must not leave in an engine; and, where its folder can be seen, what it was about to take in. */
export async function engineRemains(host: string): Promise<readonly string[]> {
  const engine = new Docker({ socketPath: host.slice('unix://'.length) });
  const dangling = await engine.listImages({ filters: { dangling: ['true'] } });
  const containers = await engine.listContainers({ all: true, filters: { label: ['corda-compat.image.component'] } });
  const temporary = await readdir(join(dirname(host.slice('unix://'.length)), 'data/tmp')).catch(() => []);
  return [
    ...dangling.map(({ Id }) => `dangling image ${Id}`),
    ...containers.filter(({ Labels }) => Labels['corda-compat.run'] === undefined).map(({ Id }) => `container ${Id}`),
    ...temporary.map((name) => `temporary ${name}`),
  ];
}

export function imageOf(images: ReadonlyMap<string, ImageRef>, component: Component, release: string): ImageRef {
  const found = images.get(`${component} ${release}`);
  if (!found) throw new Error(`no image of ${component} ${release}`);
  return found;
}
