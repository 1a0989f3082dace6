import { randomBytes } from 'node:crypto';
import type { Cell, NodeRole } from '../domain/cell.ts';
import { jolokiaOptions } from '../network/jolokia.ts';
import { NODE_MEMORY_MB } from '../domain/memory.ts';
import { jvmOptions } from '../network/jvm-options.ts';
import type { RpcUser } from '../network/node-conf.ts';
import type { NodeLaunch, Resident, Space } from '../providers/provider.ts';
import { doormanResidents, zoneUrl } from './cell-doorman.ts';
import { driverResidents } from './cell-drivers.ts';
import { partsOf, type CellParts } from './cell-parts.ts';
import { placeOf } from './cell-zone.ts';
import type { CellDatabases } from './database-input.ts';
import { stageNode } from './stage-node.ts';

/** What a cell consists of, whoever runs it. */
export interface CellMakeup {
  readonly cell: Cell;
  readonly parts: CellParts;
}

/** Of a node that is to trade, before what its database asks for. */
const RUN_ARGS = ['--no-local-shell', '--log-to-console'];

/** Everything that lives in a cell's space. */
export function cellResidents({ cell, parts }: CellMakeup): {
  readonly nodes: readonly Resident[];
  readonly services: readonly Resident[];
} {
  return {
    nodes: cell.topology.nodes.map(({ id }) => ({ id, memoryMb: NODE_MEMORY_MB })),
    services: [...driverResidents(parts, cell), ...doormanResidents(cell)],
  };
}

/** A new user of all nodes' RPC. */
export function newRpcUser(): RpcUser {
  return { user: 'compat', password: randomBytes(16).toString('hex') };
}

/** What the configuration of a cell's nodes is made of, besides the cell. */
export interface Staging extends CellMakeup {
  readonly space: Space;
  readonly rpcUser: RpcUser;
  readonly databases: CellDatabases;
}

/** Puts into each node's folder what does not depend on its zone's keys nor on its tables. */
export async function stageNodes(staging: Staging): Promise<void> {
  await Promise.all(staging.cell.topology.nodes.map((node) => stageOne(staging, node)));
}

/** The same for one node, which may be of another release than it was. */
export async function stageOne({ parts, space, rpcUser, databases }: Staging, node: NodeRole): Promise<void> {
  const zone = zoneUrl(space);
  const source = databases.source(node);
  const place = placeOf(space, node);
  await stageNode({ node, place, parts, rpcUser, source, ...(zone === undefined ? {} : { zone }) });
}

/** The program of a node, with these arguments. */
export function nodeLaunch({ cell, parts }: CellMakeup, node: NodeRole, nodeArgs: readonly string[]): NodeLaunch {
  const { kit, runtime } = partsOf(parts, node);
  const image = parts.images
    ? { image: parts.images.ofNode(node), cordappImages: parts.images.ofCordapps([node]) }
    : {};
  return { node: node.id, kit, runtime, jvmArgs: jvmOptions(cell.jvm, kit), nodeArgs, ...image };
}

/** A node that trades. @param schemaArgs what its database asks for */
export function tradingLaunch(makeup: CellMakeup, node: NodeRole, schemaArgs: readonly string[] = []): NodeLaunch {
  const launch = nodeLaunch(makeup, node, [...RUN_ARGS, ...schemaArgs]);
  return { ...launch, jvmArgs: [...launch.jvmArgs, ...jolokiaOptions(launch.kit)] };
}
