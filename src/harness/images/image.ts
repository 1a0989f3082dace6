import { basename } from 'node:path';
import type { NodeKit, Artefact, JavaRuntime } from '../releases/artefacts.ts';
import { agentOption, DOORMAN_MAIN, DRIVER_MAIN, toolJvmArgs, type JvmTools } from '../releases/jvm-tools.ts';
import { registrationArgs } from '../corda/registration.ts';

/** What is built and published as an image of its own. */
export const COMPONENTS = ['node', 'notary', 'doorman', 'cordapps', 'healthcheck', 'driver'] as const;
export type Component = (typeof COMPONENTS)[number];

/** An image that exists where containers are started from. */
export interface ImageRef {
  readonly component: Component;
  /** `registry/repository:tag`, for people. */
  readonly name: string;
  /** What containers are started from: `registry/repository@sha256:…`, or the engine's own image id where there is no registry. */
  readonly reference: string;
}

/** Where things are in every image of ours; absolute paths. Nodes' configuration, keys and CorDapps come from outside. */
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

/** Where a jar of a kit is inside images. Jars of a capsule have names of their own. */
export function jarInImage(file: string): string {
  return `${IN_IMAGE.lib}/${basename(file)}`;
}

/** What an image is made of. Built on this machine already; of the images nothing is known yet. */
export interface ImageRequest {
  readonly component: Component;
  /** Says the release. Its jars are in the image where `withJars`. */
  readonly kit: NodeKit;
  readonly withJars: boolean;
  /** What it runs on, and of what an own base image is made. */
  readonly runtime: JavaRuntime;
  /** The harness's own classes in the image. */
  readonly tools?: JvmTools;
  readonly cordapps: readonly Artefact[];
  /** What a container runs that is told nothing else. */
  readonly command: readonly string[];
}

/** What all requests of a release are made from. */
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

/** A node's jars: told nothing else, it runs the node in its working directory with the release's own options. */
export function nodeImage({ kit, runtime }: Parts): ImageRequest {
  return { component: 'node', kit, withJars: true, runtime, cordapps: [], command: nodeCommand(kit) };
}

/** The same jars under a name of its own, so that a notary can be published and replaced apart from the nodes. */
export function notaryImage(parts: Parts): ImageRequest {
  return { ...nodeImage(parts), component: 'notary' };
}

/** Its CorDapps come from outside, as a node's. */
export function driverImage(parts: ReleaseParts): ImageRequest {
  return { ...serviceImage(parts, DRIVER_MAIN), component: 'driver' };
}

/** Releases of 3.x have none of their own: a doorman works on 4.x jars only. */
export function doormanImage(parts: ReleaseParts): ImageRequest {
  return { ...serviceImage(parts, DOORMAN_MAIN), component: 'doorman' };
}

/** A release's CorDapps, copied to where nodes want them. */
export function cordappsImage({ kit, runtime }: Parts): ImageRequest {
  return copying({ component: 'cordapps', kit, runtime, cordapps: kit.release.cordapps });
}

export function healthcheckImage({ kit, runtime, tools }: ReleaseParts): ImageRequest {
  return copying({ component: 'healthcheck', kit, runtime, cordapps: [tools.healthcheck] });
}

/** Every component that a release can have. */
export function allImages(parts: ReleaseParts): readonly ImageRequest[] {
  return [...imagesOfJars(parts), ...imagesOfTools(parts)];
}

/** Those that need nothing compiled. CorDapps are not everybody's. */
export function imagesOfJars(parts: Parts): readonly ImageRequest[] {
  return [
    nodeImage(parts),
    notaryImage(parts),
    ...(parts.kit.release.cordapps.length > 0 ? [cordappsImage(parts)] : []),
  ];
}

/** The others. A doorman works on 4.x jars only. */
export function imagesOfTools(parts: ReleaseParts): readonly ImageRequest[] {
  return [...(parts.tools.minter ? [doormanImage(parts)] : []), healthcheckImage(parts), driverImage(parts)];
}

/** Where an image of a request is found in the answer of `ensureImages`. */
export function imageKey(component: Component, releaseId: string): string {
  return `${component} ${releaseId}`;
}

function nodeCommand(kit: NodeKit): readonly string[] {
  return nodeProgram(kit, ['--no-local-shell', '--log-to-console']);
}

/** With what a node registers that has nothing yet but its configuration and CorDapps: it makes its tables, too. */
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
  const where =
    mainClass === DOORMAN_MAIN ? ['0.0.0.0', SERVICE_PORT, `${IN_IMAGE.node}/zone`] : ['0.0.0.0', SERVICE_PORT];
  const command = [IN_IMAGE.java, ...jvmArgs, '-classpath', classPath, mainClass, ...where];
  return { kit, withJars: true, runtime, tools, cordapps: [], command };
}

function copying(parts: Pick<ImageRequest, 'component' | 'kit' | 'runtime' | 'cordapps'>): ImageRequest {
  const main = ['-classpath', IMAGE_CLASSES, COPY_MAIN];
  const command = [IN_IMAGE.java, ...main, IN_IMAGE.cordapps, `${IN_IMAGE.node}/cordapps`];
  return { ...parts, withJars: false, command };
}
