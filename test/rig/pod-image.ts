import type Docker from 'dockerode';
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { importFolder } from './image-files.ts';
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
  const { COMPAT_REGISTRY: address, COMPAT_REGISTRY_USER: username, COMPAT_REGISTRY_PASSWORD: password } = rigEnv();
  const name = `${address}/${path}:latest`;
  await importFolder(engine, { root: folder.path, name });
  const image = engine.getImage(name);
  const answer = await image.push({ authconfig: { username, password, serveraddress: address } });
  await new Promise((resolve, reject) => {
    engine.modem.followProgress(answer, (error: Error | null) => (error ? reject(error) : resolve(undefined)));
  });
  await image.remove({ force: true });
  return name;
}
