import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import { blocked } from '../domain/step-error.ts';
import type { BaseImage } from './base.ts';
import { heard, MADE_AT, writeLayer, type Layer, type LayerFacts } from './layer.ts';

/** A layer and what it comes to. */
export interface MeasuredLayer {
  readonly layer: Layer;
  readonly facts: LayerFacts;
  /** The engine has it, on the same layers below it. */
  readonly isThere?: boolean;
}

/** An image as engines take it. */
export interface ArchivedImage {
  /** `repository:tag` */
  readonly name: string;
  readonly config: string;
  readonly base: Pick<BaseImage, 'layers'>;
  /** Above the base. */
  readonly layers: readonly MeasuredLayer[];
}

/**
 * An archive as `docker save` writes it, of several images at once: a layer that they share is in it once, and those that
 * the engine has are not. It is made while it is read; nothing is kept on this machine's disk.
 */
export function imageArchive(images: readonly ArchivedImage[], signal: AbortSignal): Readable {
  const output = heard(new PassThrough({ highWaterMark: 1024 * 1024 }));
  writeArchive(images, output, signal).catch((error: unknown) => output.destroy(error as Error));
  return output;
}

/** Digest of an image's configuration: its id. */
function configDigest(config: string): string {
  return createHash('sha256').update(config).digest('hex');
}

async function writeArchive(images: readonly ArchivedImage[], output: PassThrough, signal: AbortSignal): Promise<void> {
  const { pack } = await import('tar-stream');
  const archive = heard(pack());
  const sending = pipeline(archive, output, { signal });
  sending.catch(() => undefined);
  try {
    const wanted = images.flatMap((image) => image.layers).filter(({ isThere }) => !isThere);
    const layers = new Map(wanted.map((each) => [each.facts.diffId, each]));
    for (const each of layers.values()) await addLayer(archive, each, signal);
    for (const { config } of images) addText(archive, `${configDigest(config)}.json`, config);
    addText(archive, 'manifest.json', JSON.stringify(images.map(manifestOf)));
    archive.finalize();
  } catch (error) {
    archive.destroy();
    throw error;
  }
  await sending;
}

function manifestOf({ name, config, base, layers }: ArchivedImage): object {
  const all = [...base.layers, ...layers.map(({ facts }) => facts.diffId)];
  return { Config: `${configDigest(config)}.json`, RepoTags: [name], Layers: all.map(layerFile) };
}

async function addLayer(archive: Pack, { layer, facts }: MeasuredLayer, signal: AbortSignal): Promise<void> {
  const entry = heard(archive.entry({ name: layerFile(facts.diffId), size: facts.size, mtime: MADE_AT }));
  try {
    await writeLayer(await layer.entries(), entry, signal);
  } catch (error) {
    if ((error as Error).message !== 'Size mismatch') throw error;
    throw blocked(
      'build',
      `the files of a layer (${layer.what}) are not those that it was measured with: something has changed them in the cache. ` +
        `Remove its folder entries (COMPAT_CACHE) and try again`,
      { cause: error },
    );
  }
}

function addText(archive: Pack, name: string, text: string): void {
  heard(archive.entry({ name, mtime: MADE_AT }, text));
}

function layerFile(diffId: string): string {
  return `${diffId.replace('sha256:', '')}.tar`;
}
