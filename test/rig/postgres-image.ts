import type Docker from 'dockerode';
import { execa } from 'execa';
import { chown, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RigEnv } from './docker-rig.ts';
import { copyPrograms, importFolder } from './image-files.ts';
import { pushImage } from './push-image.ts';
import { newestPostgres } from './postgres-rig.ts';

const USER = 70;
/** What the time zone of a new cluster may be. */
const ZONES = ['/usr/share/zoneinfo/UTC', '/usr/share/zoneinfo/Etc'];

/**
 * An image laid out as the public ones of PostgreSQL, as far as a server needs it, of this machine's own packages: a shell,
 * the server's programs on the path, its user, its folder for data. @returns its name, and what removes it
 */
export async function makePostgresImage(
  engine: Docker,
  folder: string,
  name = `corda-compat-test-postgres:${process.pid}`,
): Promise<{ readonly name: string; readonly remove: () => Promise<void> }> {
  const root = join(folder, 'rootfs');
  const at = (path: string): string => join(root, path);
  const version = await newestPostgres('initdb');
  const home = `/usr/lib/postgresql/${version}`;
  const data = '/var/lib/postgresql/data';
  for (const path of [data, '/tmp', '/etc', '/usr/share/zoneinfo']) await mkdir(at(path), { recursive: true });
  for (const path of [home, `/usr/share/postgresql/${version}`, ...ZONES]) {
    await cp(path, at(path), { recursive: true, dereference: true });
  }
  await copyPrograms(['/bin/sh', '/bin/rm', ...['postgres', 'initdb'].map((name) => `${home}/bin/${name}`)], root);
  await writeFile(at('/etc/passwd'), `postgres:x:${USER}:${USER}::${data}:/bin/sh\n`);
  await writeFile(at('/etc/group'), `postgres:x:${USER}:\n`);
  await chown(at(data), USER, USER);
  await execa('chmod', ['1777', at('/tmp')]);
  const id = await importFolder(engine, { root, name, changes: [`ENV PATH=${home}/bin:/usr/bin:/bin`] });
  return { name, remove: async () => void (await engine.getImage(id).remove({ force: true })) };
}

/** The same in the rig's registry, where a cluster pulls it from. */
export async function pushPostgresImage(
  engine: Docker,
  folder: string,
  rig: RigEnv,
): Promise<{ readonly name: string; readonly remove: () => Promise<void> }> {
  const repository = `${rig.COMPAT_REGISTRY}/corda-compat-test-postgres`;
  const { name, remove } = await makePostgresImage(engine, folder, `${repository}:${process.pid}`);
  return { name: `${repository}@${await pushImage(engine, name, rig)}`, remove };
}
