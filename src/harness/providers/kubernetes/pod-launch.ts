import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageRef } from '../../domain/image.ts';
import type { Step } from '../../domain/outcome.ts';
import { nodeCommand, SERVICE_CORDAPPS, serviceCommand } from '../image-command.ts';
import type { CordappImage, NodeLaunch, ServiceLaunch } from '../provider.ts';

/** What a Pod is made from. */
export interface PodLaunch {
  /** For messages: `party-a (4.10)`. */
  readonly what: string;
  readonly step: Step;
  readonly release: string;
  readonly image: ImageRef;
  readonly command: readonly string[];
  readonly jvmArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cordappImages: readonly CordappImage[];
  readonly endsByItself: boolean;
  /** It registers with its doorman by itself before it starts. */
  readonly registers?: boolean;
  /** Whether its base directory outlives its Pod. */
  readonly keepsFiles: boolean;
}

/** Pods come back with other addresses: a JVM must not remember old ones, nor that there was none yet. */
const FORGETFUL = ['-Dsun.net.inetaddr.ttl=3', '-Dsun.net.inetaddr.negative.ttl=0'];

/** @param stage the node's, on this machine */
export async function podOfNode(stage: string, launch: NodeLaunch): Promise<PodLaunch> {
  const { node, kit, jvmArgs, image, cordappImages = [], endsByItself = false } = launch;
  const release = kit.release.release.id;
  return {
    what: `${node} (${release})`,
    step: 'start',
    release,
    image: image ?? noImage(node),
    command: await nodeCommand({ ...launch, jvmArgs: [...FORGETFUL, ...jvmArgs] }, stage),
    jvmArgs,
    env: {},
    cordappImages,
    endsByItself,
    keepsFiles: true,
  };
}

/** Puts what no image holds into the service's stage. */
export async function podOfService(stage: string, launch: ServiceLaunch): Promise<PodLaunch> {
  const { service, step, kit, cordapps, jvmArgs, image, env, cordappImages = [] } = launch;
  const folder = join(stage, SERVICE_CORDAPPS);
  await mkdir(folder, { recursive: true });
  const inImages = new Set(cordappImages.flatMap(({ jars }) => jars));
  const others = cordapps.filter(({ name }) => !inImages.has(name));
  await Promise.all(others.map(({ file, name }) => copyFile(file, join(folder, name))));
  return {
    what: service,
    step,
    release: kit.release.release.id,
    image: image ?? noImage(service),
    command: serviceCommand({ ...launch, jvmArgs: [...FORGETFUL, ...jvmArgs] }),
    jvmArgs,
    env,
    cordappImages,
    endsByItself: launch.endsByItself ?? false,
    keepsFiles: launch.keepsFiles ?? false,
  };
}

function noImage(id: string): never {
  throw new Error(`the launch of ${id} names no image: this is a bug in the harness`);
}
