import { classPathInImage, IN_IMAGE, jarInImage } from '../domain/image.ts';
import { agentOption } from '../domain/jvm-tools.ts';
import type { NodeLaunch, ServiceLaunch } from './provider.ts';
import { jarsOfFolders } from './space-folder.ts';

/** CorDapps of a service, below its working directory. */
export const SERVICE_CORDAPPS = 'cordapps';

/** Command line of a node inside its image. @param stage for the jars that the release takes from folders of the base directory */
export async function nodeCommand({ kit, jvmArgs, nodeArgs }: NodeLaunch, stage: string): Promise<string[]> {
  const { jar, options } = kit.agent;
  const folderJars = await jarsOfFolders(stage, kit.classPathFolders);
  return [
    IN_IMAGE.java,
    '-XX:-UsePerfData',
    ...jvmArgs,
    agentOption({ jar: jarInImage(jar), options }),
    '-classpath',
    [...classPathInImage(kit), ...folderJars.map((jar) => `${IN_IMAGE.node}/${jar}`)].join(':'),
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
