import { shortSha } from '../config/release.ts';
import { IMAGE_CLASSES, IN_IMAGE, type ImageRequest } from './image.ts';
import { MADE_AT, type Layer, type LayerFacts } from './layers.ts';
import type { BaseChoice, BaseImage } from './base.ts';
import type { ImagesContext } from './ensure-images.ts';
import { digest } from '../support/once.ts';

/** Raised when an image's configuration changes without any of its inputs changing. */
const FORMAT = 1;
const REPOSITORY = 'corda-compat';
const SECOND = 1e9;
const ENVIRONMENT = [`JAVA_HOME=${IN_IMAGE.javaHome}`, 'LANG=C.UTF-8'];
const PATH = `PATH=${IN_IMAGE.javaHome}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Beginning of the names of all labels of images; containers inherit them. */
export const IMAGE_LABEL = 'corda-compat.image';

/** The facts of an image before any of it is read. */
export interface ImagePlan {
  readonly request: ImageRequest;
  readonly base: BaseChoice;
  readonly layers: readonly Layer[];
  /** Digest of all inputs of the image. */
  readonly recipe: string;
  readonly repository: string;
  readonly tag: string;
}

export function planImage(
  request: ImageRequest,
  { base, layers }: Pick<ImagePlan, 'base' | 'layers'>,
  { registry }: Pick<ImagesContext, 'registry'>,
): ImagePlan {
  const keys = layers.map(({ key }) => key);
  const recipe = digest([FORMAT, request.component, base.identity, keys, request.command, settings(request)]);
  return { request, base, layers, recipe, ...nameOf(request, { recipe, registry }) };
}

/** Named after the component; two registries may hold one of the same name. */
function nameOf(
  { component, kit: { release } }: ImageRequest,
  { recipe, registry }: { recipe: string; registry: ImagesContext['registry'] },
): Pick<ImagePlan, 'repository' | 'tag'> {
  const version = release.built ? shortSha(release.built.commit) : release.version;
  // A tag takes no other letters, and begins with none of the last two.
  const word = version.replaceAll(/^[.-]|[^\w.-]/g, '_').slice(0, 100);
  const repository = `${registry ? `${registry.prefix}/` : ''}${REPOSITORY}-${component}`;
  return { repository, tag: `${word}-${recipe.slice(0, 12)}` };
}

/** The configuration of an image as engines and registries know it: a JSON text, whose digest is the image's id. */
export function imageConfig(
  { request, recipe, layers }: ImagePlan,
  { base, facts, runId }: { base: BaseImage; facts: readonly LayerFacts[]; runId: string },
): string {
  const { release } = request.kit;
  const labels = {
    [`${IMAGE_LABEL}.component`]: request.component,
    [`${IMAGE_LABEL}.release`]: release.release.id,
    [`${IMAGE_LABEL}.version`]: release.version,
    ...(release.built ? { [`${IMAGE_LABEL}.commit`]: release.built.commit } : {}),
    [`${IMAGE_LABEL}.recipe`]: recipe,
    [`${IMAGE_LABEL}.base`]: base.name,
    [`${IMAGE_LABEL}.run`]: runId,
  };
  const added = layers.map(({ what }, index) => ({ what, diffId: facts[index]?.diffId ?? '' }));
  return configText({ base, added, config: { ...settings(request), Cmd: request.command, Labels: labels } });
}

export interface ConfigParts {
  readonly base: Pick<BaseImage, 'layers' | 'name' | 'architecture' | 'environment'>;
  readonly added: readonly { readonly what: string; readonly diffId: string }[];
  readonly config: object;
}

/** @see imageConfig */
export function configText({ base, added, config }: ConfigParts): string {
  const created = MADE_AT.toISOString();
  const kept = base.environment.filter((line) => !/^(JAVA_HOME|LANG|PATH)=/.test(line));
  const path = base.environment.find((line) => line.startsWith('PATH=')) ?? PATH;
  return JSON.stringify({
    architecture: base.architecture,
    os: 'linux',
    created,
    config: { Env: [path, ...kept, ...ENVIRONMENT], ...config },
    rootfs: { type: 'layers', diff_ids: [...base.layers, ...added.map(({ diffId }) => diffId)] },
    history: [
      ...base.layers.map(() => ({ created, created_by: `base ${base.name}` })),
      ...added.map(({ what }) => ({ created, created_by: `corda-compat: ${what}` })),
    ],
  });
}

/** The part that all images of a component share. */
function settings({ component }: ImageRequest): object {
  const java = [IN_IMAGE.java, '-Xmx16m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData'];
  const probe = { Interval: 15 * SECOND, Timeout: 10 * SECOND, StartPeriod: 120 * SECOND, Retries: 4 };
  const test = ['CMD', ...java, '-classpath', IMAGE_CLASSES, 'compat.image.Health'];
  // Images that copy and end have no health.
  const copies = component === 'cordapps' || component === 'healthcheck';
  return {
    User: `${IN_IMAGE.uid}:${IN_IMAGE.uid}`,
    WorkingDir: IN_IMAGE.node,
    Healthcheck: copies ? { Test: ['NONE'] } : { Test: test, ...probe },
  };
}
