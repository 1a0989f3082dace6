import type Docker from 'dockerode';
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { importFolder } from './image-files.ts';
import { pushImage } from './push-image.ts';
import { rigEnv } from './docker-tests.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PROGRAMS = ['sh', 'sleep', 'httpd', 'wget', 'nslookup', 'cat', 'echo', 'true'];

/** An image of busybox alone, in the rig's registry. It is not kept in the engine. @returns its name, for pods */
export async function pushPodImage(engine: Docker, path: string): Promise<string> {
  await using folder = await temporaryFolder();
  const bin = join(folder.path, 'bin');
  await mkdir(bin);
  await copyFile('/bin/busybox', join(bin, 'busybox'));
  for (const program of PROGRAMS) await symlink('busybox', join(bin, program));
  const rig = rigEnv();
  const name = `${rig.COMPAT_REGISTRY}/${path}:latest`;
  await importFolder(engine, { root: folder.path, name });
  await pushImage(engine, name, rig);
  await engine.getImage(name).remove({ force: true });
  return name;
}
