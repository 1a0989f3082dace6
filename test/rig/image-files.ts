import type Docker from 'dockerode';
import { execa } from 'execa';
import { copyFile, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Copies programs and the libraries that they load into a root file system, at the same paths. */
export async function copyPrograms(programs: readonly string[], root: string): Promise<void> {
  const { stdout } = await execa('ldd', programs, { reject: false });
  const libraries = [...stdout.matchAll(/(\/\S+\.so[.\d]*)/g)].map(([, path]) => path ?? '');
  const foreign = [...new Set([...libraries, ...programs])].filter((path) => !path.startsWith(root));
  for (const path of foreign) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await copyFile(await realpath(path), join(root, path));
  }
}

/** Makes an image of one layer of what is in `root`, owners included. @returns its id */
export async function importFolder(
  engine: Docker,
  { root, name, changes = [] }: { root: string; name: string; changes?: readonly string[] },
): Promise<string> {
  // A registry's address may have a colon as well.
  const [, repo, tag] = /^(.+):([^:/]+)$/.exec(name) ?? [];
  const tar = execa('tar', ['-C', root, '--numeric-owner', '-c', '.'], { encoding: 'buffer', buffer: false });
  const answer = await engine.importImage(tar.stdout, { repo, tag, changes });
  await new Promise((resolve, reject) => {
    engine.modem.followProgress(answer, (error: Error | null) => (error ? reject(error) : resolve(undefined)));
  });
  return (await engine.getImage(name).inspect()).Id;
}
