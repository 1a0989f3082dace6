import { stat } from 'node:fs/promises';
import { IN_IMAGE, type ImageRequest } from './image.ts';
import type { JavaMajor } from '../corda/facts.ts';
import type { JavaRuntime } from '../releases/artefacts.ts';
import { blocked } from '../support/step-error.ts';
import { authFor } from './registry.ts';
import type { ImagesContext } from './ensure-images.ts';
import { digest, once } from '../support/once.ts';
import { fetchImage, findImage, type EngineImage } from '../docker/engine-images.ts';
import { saidByEngine } from '../docker/engine-failure.ts';
import { javaFiles } from './java-files.ts';
import { type Layer, layerFacts } from './layers.ts';
import { variable } from '../config/variables.ts';

/**
 * Public images of Eclipse Temurin, of Docker Hub, by digest: the same bytes for every user, until a change here
 * names newer ones. IN_IMAGE names the folder of Java.
 */
export const PUBLIC_BASE: Readonly<Record<JavaMajor, string>> = {
  8: 'eclipse-temurin:8-jre-jammy@sha256:06641b36281c1ac815c33f3f3528cfea1c6fc41ddc60d261746e4343d19cbe65',
  17: 'eclipse-temurin:17-jre-jammy@sha256:475d8e96b4b2bfe08999e5e854755c773af1581acdf959a4545d88f0696a2339',
};
/** Raised when an own base holds other files of the same Java. */
const FORMAT = 2;

/** A possible base of an image, before the search for it. */
export interface BaseChoice {
  readonly kind: 'named' | 'public' | 'own';
  /** As users write it. */
  readonly name: string;
  /** Differs if its content may differ. */
  readonly identity: string;
  /** The Java of an own base. */
  readonly layer?: Layer;
}

/** A base that is in the engine. */
export interface BaseImage {
  readonly name: string;
  /** `sha256:…` of each layer, lowest first. */
  readonly layers: readonly string[];
  /** `NAME=value` */
  readonly environment: readonly string[];
  readonly architecture: string;
}

/**
 * The possible bases of a request's image, best first. The user's choice (`base` of the release, COMPAT_BASE_IMAGE)
 * is the only one. Otherwise an own base that the engine has, or else the public image, or an own one if that is not
 * available.
 */
export async function baseChoices({ kit, runtime }: ImageRequest, ctx: ImagesContext): Promise<readonly BaseChoice[]> {
  const named = kit.release.release.base ?? variable(ctx.env, 'COMPAT_BASE_IMAGE');
  if (named !== undefined) return [await namedChoice(named, ctx)];
  const own = await ownChoice(runtime, ctx);
  if (await findImage(own.name, ctx)) return [own];
  const name = PUBLIC_BASE[runtime.major];
  return [{ kind: 'public', name, identity: name }, own];
}

/** An own base image's Java: its content is known before it is built. */
export async function ownChoice(runtime: JavaRuntime, ctx: ImagesContext): Promise<BaseChoice> {
  const { java, version, origin, home, major } = runtime;
  const layer: Layer = {
    key: digest([FORMAT, 'java', IN_IMAGE.javaHome, version, origin, home, (await stat(java)).mtimeMs]),
    what: `Java ${version} and the C library that it needs`,
    entries: () => javaFiles(runtime, ctx.signal),
  };
  const { diffId } = await layerFacts(layer, ctx.cache, ctx.signal);
  const identity = diffId.replace('sha256:', '');
  return { kind: 'own', name: `corda-compat-base:java${major}-${identity.slice(0, 12)}`, identity, layer };
}

/** A base that the user named, or the public one, fetched if the engine does not have it. @throws StepError blocked */
export async function fetchedBase({ name }: BaseChoice, ctx: ImagesContext): Promise<BaseImage> {
  return await once(ctx.known.bases, name, async () => asBase(name, await fetchBase(name, ctx)));
}

export function asBase(name: string, image: EngineImage): BaseImage {
  return { name, layers: image.layers, environment: image.environment, architecture: image.architecture };
}

/** A base named by a tag is the image that the tag stands for now. */
async function namedChoice(name: string, ctx: ImagesContext): Promise<BaseChoice> {
  if (name.includes('@sha256:')) return { kind: 'named', name, identity: name };
  const image = await fetchBase(name, ctx);
  return { kind: 'named', name, identity: image.layers.join(' ') };
}

async function fetchBase(name: string, ctx: ImagesContext): Promise<EngineImage> {
  const found = await findImage(name, ctx);
  if (found) return found;
  ctx.progress.say(`fetching the base image ${name}`);
  try {
    return await fetchImage(name, { ctx, auth: await authFor(registryOf(name), ctx.env) });
  } catch (error) {
    ctx.signal.throwIfAborted();
    const what = `the base image ${name} is not in the Docker engine and could not be fetched: ${saidByEngine(error)}`;
    const instead = `or make one of this machine's Java: npx corda-compat build base`;
    const advice = `Name another one with COMPAT_BASE_IMAGE or base in the matrix, ${instead}`;
    throw blocked('build', `${what}. ${advice}`, { cause: error });
  }
}

/** Docker's rule: a first part with a dot, a port, or `localhost` is a host. */
export function registryOf(name: string): string {
  const [first = '', ...rest] = name.split('/');
  return rest.length > 0 && (first === 'localhost' || /[.:]/.test(first)) ? first : 'docker.io';
}
