import type Docker from 'dockerode';
import { execa } from 'execa';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_CLASSES, type ImageRef } from '../../src/harness/images/image.ts';
import type { TinyNode } from '../integration/tiny-node/tiny-node.ts';
import type { RigEnv } from './docker-rig.ts';
import { importFolder } from './image-files.ts';
import { pushImage } from './push-image.ts';
import { tinyRoot } from './tiny-image.ts';

const SOURCES = join(import.meta.dirname, '../../src/jvm/image/compat/image');

/** TinyNode's image with the harness's programs for images, in the rig's registry. @returns it by digest, and what removes it here */
export async function pushTinyImage(
  engine: Docker,
  { tiny, folder, rig }: { readonly tiny: TinyNode; readonly folder: string; readonly rig: RigEnv },
): Promise<{ readonly image: ImageRef; readonly remove: () => Promise<void> }> {
  const root = await tinyRoot(tiny, folder);
  const classes = join(root, IMAGE_CLASSES);
  await mkdir(classes, { recursive: true });
  const names = ['BaseFiles', 'CopyCordapps', 'Health', 'Idle', 'LayFiles', 'Lifeline'];
  const sources = names.map((name) => join(SOURCES, `${name}.java`));
  await execa(tiny.runtime.javac ?? 'javac', ['-nowarn', '-d', classes, ...sources]);
  const repository = `${rig.COMPAT_REGISTRY}/corda-compat-test-tiny`;
  const name = `${repository}:${process.pid}`;
  const id = await importFolder(engine, { root, name });
  const digest = await pushImage(engine, name, rig);
  return {
    image: { component: 'node', name, reference: `${repository}@${digest}` },
    remove: async () => void (await engine.getImage(id).remove({ force: true })),
  };
}
