import { basename } from 'node:path';
import type { NodeKit, Artefact, JavaRuntime } from '../releases/artefacts.ts';
import { agentOption, DOORMAN_MAIN, DRIVER_MAIN, toolJvmArgs, type JvmTools } from '../releases/jvm-tools.ts';
import { registrationArgs } from '../corda/registration.ts';

/** A component that is built and published as an image of its own. */
export const COMPONENTS = ['node', 'notary', 'doorman', 'cordapps', 'healthcheck', 'driver'] as const;
export type Component = (typeof COMPONENTS)[number];

/** An image in the place that containers are started from. */
export interface ImageRef {
  readonly component: Component;
  /** `registry/repository:tag`, for people. */
  readonly name: string;
  /**
   * The reference to start containers from: `registry/repository@sha256:…`, or the engine's own image id without a
   * registry.
   */
  readonly reference: string;
}

/** Absolute paths in every image of this project. Nodes' configuration, keys and CorDapps come from outside. */
export const IN_IMAGE = {
  /** As in Temurin's images. */
  javaHome: '/opt/java/openjdk',
  java: '/opt/java/openjdk/bin/java',
  /** The release's jars. */
  lib: '/opt/corda/lib',
  /** The command with which a node registers, an argument a line: see src/jvm/image. */
  registration: '/opt/corda/registration',
  /** Base directory of a node, working directory of all images; the only place the user may write to, besides /tmp. */
  node: '/opt/corda/node',
  /** The harness's own classes: driver, zone service. */
  classes: '/opt/compat/classes',
  /** CorDapp jars that are part of an image: of a driver, or of the images `cordapps` and `healthcheck`. */
  cordapps: '/opt/compat/cordapps',
  /** Numeric user and group of every image. */
  uid: 1000,
} as const;

/** The harness's programs for images themselves. */
export const IMAGE_CLASSES = '/opt/compat/image';

/** A kit's class path inside images, in the kit's order. */
export function classPathInImage(kit: NodeKit): readonly string[] {
  return kit.classPath.map(jarInImage);
}

/** The path of a kit's jar inside images. Jars of a capsule have names of their own. */
export function jarInImage(file: string): string {
  return `${IN_IMAGE.lib}/${basename(file)}`;
}

/** The input of an image. It is built on this machine already; the images are still unknown. */
export interface ImageRequest {
  readonly component: Component;
  /** The release. Its jars are in the image if `withJars`. */
  readonly kit: NodeKit;
  readonly withJars: boolean;
  /** The Java to run on, of which an own base image is made. */
  readonly runtime: JavaRuntime;
  /** The harness's own classes in the image. */
  readonly tools?: JvmTools;
  readonly cordapps: readonly Artefact[];
  /** The command of a container without other arguments. */
  readonly command: readonly string[];
}

/** The common input of all requests of a release. */
export interface ReleaseParts {
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** Compiled against this release. */
  readonly tools: JvmTools;
}

const SERVICE_HEAP_MB = 256;
/** Inside a container, where nothing else listens. */
const SERVICE_PORT = '8080';
const COPY_MAIN = 'compat.image.CopyCordapps';

type Parts = Pick<ReleaseParts, 'kit' | 'runtime'>;

/** A node's jars. Without arguments, it runs the node in its working directory with the release's own options. */
export function nodeImage({ kit, runtime }: Parts): ImageRequest {
  const command = nodeProgram(kit, ['--no-local-shell', '--log-to-console']);
  return { component: 'node', kit, withJars: true, runtime, cordapps: [], command };
}

/** The same jars under a name of its own, so that a user can publish and replace a notary apart from the nodes. */
export function notaryImage(parts: Parts): ImageRequest {
  return { ...nodeImage(parts), component: 'notary' };
}

/** Its CorDapps come from outside, as a node's. */
export function driverImage(parts: ReleaseParts): ImageRequest {
  return { ...serviceImage(parts, DRIVER_MAIN), component: 'driver' };
}

/** Releases of 3.x have none of their own: a doorman needs 4.x jars. */
export function doormanImage(parts: ReleaseParts): ImageRequest {
  return { ...serviceImage(parts, DOORMAN_MAIN), component: 'doorman' };
}

/** A release's CorDapps, copied to the folder of nodes. */
export function cordappsImage({ kit, runtime }: Parts): ImageRequest {
  return copying({ component: 'cordapps', kit, runtime, cordapps: kit.release.cordapps });
}

export function healthcheckImage({ kit, runtime, tools }: ReleaseParts): ImageRequest {
  return copying({ component: 'healthcheck', kit, runtime, cordapps: [tools.healthcheck] });
}

/** Components that need no compilation. Not every release has CorDapps. */
export function imagesOfJars(parts: Parts): readonly ImageRequest[] {
  const cordapps = parts.kit.release.cordapps.length > 0 ? [cordappsImage(parts)] : [];
  return [nodeImage(parts), notaryImage(parts), ...cordapps];
}

/** The others. A doorman needs 4.x jars. */
export function imagesOfTools(parts: ReleaseParts): readonly ImageRequest[] {
  return [...(parts.tools.minter ? [doormanImage(parts)] : []), healthcheckImage(parts), driverImage(parts)];
}

/** The key of a request's image in the answer of `ensureImages`. */
export function imageKey(component: Component, releaseId: string): string {
  return `${component} ${releaseId}`;
}

/** The registration command of a node that has only its configuration and CorDapps: it makes its tables, too. */
export function registrationCommand(kit: NodeKit): readonly string[] {
  const { cli } = kit.release.facts;
  return nodeProgram(kit, [...registrationArgs({ cli, schema: 'at-start' }), '--log-to-console']);
}

function nodeProgram(kit: NodeKit, args: readonly string[]): readonly string[] {
  const { jar, options } = kit.agent;
  const agent = agentOption({ jar: jarInImage(jar), options });
  // Java itself looks into the folders.
  const folders = kit.classPathFolders.map((name) => `${IN_IMAGE.node}/${name}/*`);
  const classPath = [...classPathInImage(kit), ...folders].join(':');
  const { java, node } = IN_IMAGE;
  return [java, ...kit.jvmArgs, agent, '-classpath', classPath, kit.mainClass, ...args, '--base-directory', node];
}

function serviceImage({ kit, runtime, tools }: ReleaseParts, mainClass: string): Omit<ImageRequest, 'component'> {
  const classPath = [IN_IMAGE.classes, ...classPathInImage(kit)].join(':');
  const jvmArgs = toolJvmArgs(runtime.major, SERVICE_HEAP_MB);
  const where = ['0.0.0.0', SERVICE_PORT, ...(mainClass === DOORMAN_MAIN ? [`${IN_IMAGE.node}/zone`] : [])];
  const command = [IN_IMAGE.java, ...jvmArgs, '-classpath', classPath, mainClass, ...where];
  return { kit, withJars: true, runtime, tools, cordapps: [], command };
}

function copying(parts: Pick<ImageRequest, 'component' | 'kit' | 'runtime' | 'cordapps'>): ImageRequest {
  const main = ['-classpath', IMAGE_CLASSES, COPY_MAIN];
  const command = [IN_IMAGE.java, ...main, IN_IMAGE.cordapps, `${IN_IMAGE.node}/cordapps`];
  return { ...parts, withJars: false, command };
}
