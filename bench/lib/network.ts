import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cell } from '../../src/harness/config/cell.ts';
import { H2_SOURCE } from '../../src/harness/corda/database.ts';
import type { RpcUser } from '../../src/harness/corda/node-conf.ts';
import type { Space } from '../../src/harness/providers/provider.ts';
import { driverProcesses } from '../../src/harness/provision/drivers.ts';
import type { CellParts } from '../../src/harness/provision/parts.ts';
import { gatherParts } from '../../src/harness/provision/cell-images.ts';
import { placeOf, type CellZone } from '../../src/harness/provision/zone.ts';
import { writeNodeFiles } from '../../src/harness/provision/nodes.ts';
import type { Bench } from './bench.ts';

export const RPC_USER: RpcUser = { user: 'compat', password: 'bench' };

/** Fetches and builds what a cell is made of, as a run does. */
export function partsOfCell(bench: Bench, cell: Cell): Promise<CellParts> {
  return gatherParts(cell, bench, () => undefined);
}

/** Gives the work a space whose nodes have their configuration and CorDapps, but no keys and no database yet. */
export async function withSpace<T>(bench: Bench, cell: Cell, work: (zone: CellZone) => Promise<T>): Promise<T> {
  const { provider, runId, ledger, signal, resources, folder } = bench;
  const parts = await partsOfCell(bench, cell);
  const nodes = cell.topology.nodes.map(({ id }) => ({ id, memoryMb: 750 }));
  const services = driverProcesses(parts, cell);
  const space = await provider.createSpace({ runId, cell: cell.name, nodes, services, ledger, signal });
  try {
    const evidence = join(folder, 'logs');
    await mkdir(evidence, { recursive: true });
    await writeAll(cell, parts, space);
    return await work({ cell, parts, space, resources, evidence, signal });
  } finally {
    await provider.destroySpace(space);
  }
}

async function writeAll(cell: Cell, parts: CellParts, space: Space): Promise<void> {
  await Promise.all(
    cell.topology.nodes.map((node) =>
      writeNodeFiles({ node, place: placeOf(space, node), parts, rpcUser: RPC_USER, source: H2_SOURCE }),
    ),
  );
}
