import type Docker from 'dockerode';
import { execa } from 'execa';
import { copyFile, cp, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IN_IMAGE, jarInImage, type ImageRef } from '../../src/harness/domain/image.ts';
import type { TinyNode } from '../integration/tiny-node/tiny-node.ts';

/** Modules of TinyNode: an image of the whole JDK would be ten times as large. */
const MODULES = 'java.base,java.instrument,jdk.httpserver';
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
  const root = join(folder, 'rootfs');
  const at = (path: string): string => join(root, path);
  const { kit, runtime } = tiny;
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
  const tag = `corda-compat-test-tiny:${process.pid}`;
  const tar = execa('tar', ['-C', root, '--owner=0', '--group=0', '-c', '.'], { encoding: 'buffer', buffer: false });
  const answer = await engine.importImage(tar.stdout, { repo: tag.split(':')[0], tag: tag.split(':')[1] });
  await new Promise((resolve, reject) => {
    engine.modem.followProgress(answer, (error: Error | null) => (error ? reject(error) : resolve(undefined)));
  });
  const { Id } = await engine.getImage(tag).inspect();
  return {
    image: { component: 'node', name: tag, reference: Id },
    remove: async () => void (await engine.getImage(Id).remove({ force: true })),
  };
}

/** Programs with the libraries that they load, at the same paths. */
async function copyPrograms(programs: readonly string[], root: string): Promise<void> {
  const { stdout } = await execa('ldd', programs, { reject: false });
  const libraries = [...stdout.matchAll(/(\/\S+\.so[.\d]*)/g)].map(([, path]) => path ?? '');
  const foreign = [...new Set([...libraries, ...programs])].filter((path) => !path.startsWith(root));
  for (const path of foreign) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await copyFile(await realpath(path), join(root, path));
  }
}
