import type Docker from 'dockerode';
import { execa } from 'execa';
import { copyFile, cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IN_IMAGE, jarInImage, type ImageRef } from '../../src/harness/images/image.ts';
import type { TinyNode } from '../integration/tiny-node/tiny-node.ts';
import { copyPrograms, importFolder } from './image-files.ts';

/** Modules of TinyNode: an image of the whole JDK would be ten times as large. */
const MODULES = 'java.base,java.instrument,jdk.crypto.ec,jdk.httpserver';
/** What TinyNode's `child` runs. */
const PROGRAMS = ['/bin/sh', '/bin/mv', '/bin/sleep'];

/**
 * An image laid out as ours are, with TinyNode in the place of Corda: made of this machine's own Java and system libraries, so
 * that nothing has to be pulled. @returns the image and what removes it
 */
export async function makeTinyImage(
  engine: Docker,
  tiny: TinyNode,
  folder: string,
): Promise<{ readonly image: ImageRef; readonly remove: () => Promise<void> }> {
  const root = await tinyRoot(tiny, folder);
  const tag = `corda-compat-test-tiny:${process.pid}`;
  const Id = await importFolder(engine, { root, name: tag });
  return {
    image: { component: 'node', name: tag, reference: Id },
    remove: async () => void (await engine.getImage(Id).remove({ force: true })),
  };
}

/** The image's files, in a folder. */
export async function tinyRoot({ kit, runtime }: TinyNode, folder: string): Promise<string> {
  const root = join(folder, 'rootfs');
  const at = (path: string): string => join(root, path);
  const java = at(IN_IMAGE.javaHome);
  await mkdir(dirname(java), { recursive: true });
  await execa(join(runtime.home, 'bin/jlink'), ['--add-modules', MODULES, '--strip-debug', '--output', java]);
  await Promise.all([IN_IMAGE.lib, IN_IMAGE.node, '/tmp'].map((path) => mkdir(at(path), { recursive: true })));
  await copyFile(kit.release.node.file, at(jarInImage(kit.release.node.file)));
  await cp(join(dirname(kit.release.node.file), 'classes'), at(IN_IMAGE.classes), { recursive: true });
  await copyPrograms(
    [...PROGRAMS, ...['bin/java', 'lib/server/libjvm.so', 'lib/libnet.so'].map((path) => join(java, path))],
    root,
  );
  return root;
}
