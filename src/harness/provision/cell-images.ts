import type { Cell } from '../config/cell.ts';
import * as image from '../images/image.ts';
import type { Component, ImageRef, ImageRequest } from '../images/image.ts';
import { bug } from '../support/step-error.ts';
import type { CordappImage } from '../providers/provider.ts';
import type { RunResources } from './run-resources.ts';
import { buildParts, findJavas, inspectCordapps, partsOf, resolveReleases } from './parts.ts';
import type { CellParts, ToldReleases, ToolParts } from './parts.ts';
import type { NodeRole } from '../corda/topology.ts';

/** Makes or finds images, all that are asked for at once. @throws StepError not-built or blocked */
export type EnsureImages = (requests: readonly ImageRequest[]) => Promise<ReadonlyMap<string, ImageRef>>;

/** The images of a cell's containers. */
export interface CellImages {
  ofNode(node: NodeRole): ImageRef;
  /** The image of a service that runs on these parts. */
  ofService(component: 'driver' | 'doorman', on: ToolParts): ImageRef;
  /** That hold the CorDapps of these nodes, in their order, where the provider takes them from images. */
  ofCordapps(nodes: readonly NodeRole[]): readonly CordappImage[];
}

/** Makes images, and says which a provider starts from. */
export interface ImageMaker {
  readonly ensureImages: EnsureImages;
  readonly withCordapps: boolean;
}

/** Images of everything that a cell starts. */
export async function cellImages(
  cell: Cell,
  parts: CellParts,
  { ensureImages: ensure, withCordapps }: ImageMaker,
): Promise<CellImages> {
  const nodes = cell.topology.nodes.map((node) => {
    const { kit, runtime } = partsOf(parts, node);
    return node.notary ? image.notaryImage({ kit, runtime }) : image.nodeImage({ kit, runtime });
  });
  const { modern, kryo } = parts;
  const drivers = [modern, ...(kryo ? [kryo] : [])].map((on) => image.driverImage(on));
  const doormen = cell.topology.onboarding === 'doorman' ? [image.doormanImage(modern)] : [];
  const cordapps = withCordapps ? cordappRequests(cell, parts) : [];
  const images = await ensure(eachOnce([...nodes, ...drivers, ...doormen, ...cordapps]));
  const found = (component: Component, release: string): ImageRef =>
    images.get(image.imageKey(component, release)) ?? bug(`no image of ${component} ${release}`);
  return {
    ofNode: (node) => found(node.notary ? 'notary' : 'node', node.release),
    ofService: (component, { kit }) => found(component, kit.release.release.id),
    ofCordapps: (wanted) => {
      const ids = [...new Set(wanted.map(({ release }) => release))];
      const place = ({ component, kit }: ImageRequest): number =>
        component === 'healthcheck' ? ids.length : ids.indexOf(kit.release.release.id);
      return eachOnce(cordapps)
        .filter((request) => place(request) >= 0)
        .sort((a, b) => place(a) - place(b))
        .map(({ component, kit, cordapps: jars }) => ({
          image: found(component, kit.release.release.id),
          jars: jars.map(({ name }) => name),
        }));
    },
  };
}

/** A cell's parts, for work outside of a run of the matrix. @param images where containers are started. @throws StepError */
export async function gatherParts(
  cell: Cell,
  { resources, images }: { readonly resources: RunResources; readonly images?: ImageMaker },
  told: ToldReleases,
): Promise<CellParts> {
  const resolved = await resolveReleases(cell, resources, told);
  const warnings = await inspectCordapps(cell, resolved, resources);
  for (const warning of warnings) resources.releases.progress.say(`warning: ${warning}`);
  await findJavas(resolved, resources, told);
  const parts = await buildParts(resolved, resources);
  return images ? { ...parts, images: await cellImages(cell, parts, images) } : parts;
}

/** The healthcheck is the same for all nodes. */
function cordappRequests({ topology }: Cell, parts: CellParts): readonly ImageRequest[] {
  const { kryo, modern } = parts;
  const used = topology.nodes.map((node) => partsOf(parts, node)).filter(({ kit }) => kit.release.cordapps.length > 0);
  return [...used.map(image.cordappsImage), image.healthcheckImage(kryo ?? modern)];
}

/** Nodes of one release have one image. */
function eachOnce(requests: readonly ImageRequest[]): ImageRequest[] {
  const keyOf = ({ component, kit }: ImageRequest): string => image.imageKey(component, kit.release.release.id);
  return [...new Map(requests.map((request) => [keyOf(request), request])).values()];
}
