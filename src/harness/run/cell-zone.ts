import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cell, NodeRole } from '../domain/cell.ts';
import type { CordappArtefact } from '../domain/release.ts';
import { blocked } from '../domain/step-error.ts';
import { hostPort } from '../network/node-conf.ts';
import type { NodePlace, Space } from '../providers/provider.ts';
import type { MintNode } from '../zone/mint.ts';
import { mintOnce } from '../zone/minted-zone.ts';
import { schemaTemplate } from '../zone/schema-template.ts';
import { cordappsOf, partsOf, type CellParts } from './cell-parts.ts';
import type { RunResources } from './run-resources.ts';

/** Hibernate may make tables in development mode only, and a node in development mode registers with no doorman. */
const NO_MIGRATIONS =
  'carries no CorDapp that brings its own tables, which this release wants of every node that registers with a doorman: ' +
  'give it CorDapps with migrations (corda-finance-workflows of 4.x), or onboarding "minted"';

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

/**
 * Gives every node whose release wants it a migrated database, made once and kept in the cache.
 * @returns by node id, what the node must be started with besides
 */
export async function layDatabases(zone: CellZone): Promise<ReadonlyMap<string, readonly string[]>> {
  const laid = await Promise.all(zone.cell.topology.nodes.map((node) => layDatabase(zone, node)));
  return new Map(laid);
}

async function layDatabase(zone: CellZone, node: NodeRole): Promise<[string, readonly string[]]> {
  const { cell, parts, space, resources, evidence, signal } = zone;
  const { kit, runtime } = partsOf(parts, node);
  const template = await schemaTemplate({
    kit,
    runtime,
    cordapps: cordappsOf(parts, node),
    notary: node.notary !== undefined,
    cache: resources.releases.cache,
    minting: parts.modern,
    marker: space.id,
    limit: cell.limits.prepare,
    signal,
    logFile: join(evidence, `schema-${node.id}.log`),
  });
  if (!template) return [node.id, []];
  if (cell.topology.onboarding === 'doorman' && template.nodeArgs.length > 0) {
    throw blocked('schema', `${cell.name}: ${node.id} (${cell.pair[node.side].id}) ${NO_MIGRATIONS}`);
  }
  await copyFile(template.database, join(placeOf(space, node).stage, 'persistence.mv.db'));
  return [node.id, template.nodeArgs];
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
    ...(node.notary ? { notary: node.notary } : {}),
  };
}

/** Each once: the network's whitelist names their contracts. */
export function unsignedOf(cordapps: readonly CordappArtefact[]): readonly CordappArtefact[] {
  const unsigned = cordapps.filter(({ signed }) => !signed);
  return [...new Map(unsigned.map((cordapp) => [cordapp.sha256, cordapp])).values()];
}
