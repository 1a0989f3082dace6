import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { classPathInImage, IN_IMAGE, jarInImage } from '../domain/image.ts';
import { agentOption } from '../domain/jvm-tools.ts';
import type { NodeLaunch, ServiceLaunch } from './provider.ts';

/** CorDapps of a service, below its working directory. */
export const SERVICE_CORDAPPS = 'cordapps';

/** Command line of a node inside its image. @param stage for the jars that the release takes from folders of the base directory */
export async function nodeCommand({ kit, jvmArgs, nodeArgs }: NodeLaunch, stage: string): Promise<string[]> {
  const { jar, options } = kit.agent;
  return [
    IN_IMAGE.java,
    '-XX:-UsePerfData',
    ...jvmArgs,
    agentOption({ jar: jarInImage(jar), options }),
    '-classpath',
    [...classPathInImage(kit), ...(await jarsOfFolders(stage, kit.classPathFolders))].join(':'),
    kit.mainClass,
    ...nodeArgs,
    '--base-directory',
    IN_IMAGE.node,
  ];
}

/** Command line of a service inside its image: our classes come before the release's jars. */
export function serviceCommand({ kit, cordapps, jvmArgs, mainClass, args }: ServiceLaunch): string[] {
  const own = cordapps.map(({ name }) => `${IN_IMAGE.node}/${SERVICE_CORDAPPS}/${name}`);
  const classPath = [IN_IMAGE.classes, ...classPathInImage(kit), ...own].join(':');
  return [IN_IMAGE.java, '-XX:-UsePerfData', ...jvmArgs, '-classpath', classPath, mainClass, ...args];
}

async function jarsOfFolders(stage: string, folders: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(stage, folder)).catch(() => []);
      return names
        .filter((name) => name.endsWith('.jar'))
        .sort()
        .map((name) => `${IN_IMAGE.node}/${folder}/${name}`);
    }),
  );
  return lists.flat();
}
