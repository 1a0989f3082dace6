import { join } from 'node:path';
import type { Cell, NodeRole } from '../domain/cell.ts';
import type { CordappArtefact } from '../domain/release.ts';
import { hostPort } from '../network/node-conf.ts';
import type { NodePlace, Space } from '../providers/provider.ts';
import type { MintNode } from '../zone/mint.ts';
import { mintOnce } from '../zone/minted-zone.ts';
import { cordappsOf, partsOf, type CellParts } from './cell-parts.ts';
import type { RunResources } from './run-resources.ts';

export interface CellZone {
  readonly cell: Cell;
  readonly parts: CellParts;
  readonly space: Space;
  readonly resources: RunResources;
  /** Folder of the cell's evidence. */
  readonly evidence: string;
  readonly signal: AbortSignal;
}

/** Mints all identities, node infos and the network parameters into the nodes' base directories. */
export async function mintZone({ cell, parts, space, resources, evidence, signal }: CellZone): Promise<void> {
  const { nodes, minimumPlatformVersion } = cell.topology;
  const spec = {
    minimumPlatformVersion,
    nodes: nodes.map((node) => mintNode(node, placeOf(space, node), parts)),
    unsignedCordapps: unsignedOf(nodes.flatMap((node) => cordappsOf(parts, node))),
  };
  const { limits } = cell;
  await mintOnce(spec, {
    ...parts.modern,
    cache: resources.releases.cache,
    marker: space.id,
    limit: limits.prepare,
    signal,
    logFile: join(evidence, 'mint.log'),
  });
}

export function placeOf(space: Space, node: NodeRole): NodePlace {
  const place = space.places.get(node.id);
  if (!place) throw new Error(`This is a bug in the harness: the space ${space.id} has no place for ${node.id}.`);
  return place;
}

function mintNode(node: NodeRole, place: NodePlace, parts: CellParts): MintNode {
  return {
    baseDirectory: place.stage,
    party: node.party,
    platformVersion: partsOf(parts, node).resolved.facts.platformVersion,
    p2p: hostPort(place.addresses.p2p),
    ...(node.notary ? { notary: { validating: node.notary.validating } } : {}),
  };
}

/** Each once: the network's whitelist names their contracts. */
export function unsignedOf(cordapps: readonly CordappArtefact[]): readonly CordappArtefact[] {
  const unsigned = cordapps.filter(({ signed }) => !signed);
  return [...new Map(unsigned.map((cordapp) => [cordapp.sha256, cordapp])).values()];
}
