import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { engineAt } from '../../src/harness/docker/engine-address.ts';
import { rigEnv } from './docker-tests.ts';
import { importFolder } from './image-files.ts';

/** An image of one small file in the rig's registry. @returns a line of `built/node-images.txt` */
export async function pushSmallImage(repository: string, folder: string): Promise<string> {
  const rig = rigEnv();
  const engine = engineAt({ url: rig.DOCKER_HOST });
  const root = join(folder, 'small-image');
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'made-by-test'), String(process.pid));
  const name = `${rig.COMPAT_REGISTRY}/${repository}`;
  const tag = `test-${process.pid}`;
  const id = await importFolder(engine, { root, name: `${name}:${tag}` });
  const authconfig = {
    username: rig.COMPAT_REGISTRY_USER,
    password: rig.COMPAT_REGISTRY_PASSWORD,
    serveraddress: rig.COMPAT_REGISTRY,
  };
  const stream = await engine.getImage(name).push({ tag, authconfig });
  const events = await new Promise<{ aux?: { Digest?: string } }[]>((resolve, reject) => {
    engine.modem.followProgress(stream, (error: Error | null, all: { aux?: { Digest?: string } }[]) =>
      error ? reject(error) : resolve(all),
    );
  });
  await engine.getImage(id).remove({ force: true });
  const digest = events.map(({ aux }) => aux?.Digest).find((found) => found !== undefined);
  if (digest === undefined) throw new Error(`pushing ${name}:${tag} told no digest: ${JSON.stringify(events)}`);
  return `${name}:${tag}@${digest}`;
}
