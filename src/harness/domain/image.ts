import { basename } from 'node:path';
import type { NodeKit } from './release.ts';

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
