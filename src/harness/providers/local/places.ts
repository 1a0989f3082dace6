import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LOOPBACK } from '../../support/ports.ts';
import {
  PORT_NAMES,
  type Endpoint,
  type NodePlace,
  type PortName,
  type Resident,
  type ServicePlace,
  type Space,
  type SpaceRequest,
} from '../provider.ts';
import type { PortBlock } from './port-blocks.ts';

/** A folder for each, in their order; only this user may look into it. */
export async function makeStages(folder: string, residents: readonly Resident[]): Promise<readonly string[]> {
  return await Promise.all(
    residents.map(async ({ id }) => {
      const stage = join(folder, id);
      await mkdir(stage, { recursive: true, mode: 0o700 });
      return stage;
    }),
  );
}

/** Blocks and stages are in the order of the nodes, then of the services. */
export function placesIn(
  { nodes, services }: SpaceRequest,
  stages: readonly string[],
  blocks: readonly PortBlock[],
): Pick<Space, 'places' | 'services'> {
  const places = nodes.map(({ id }, index): [string, NodePlace] => {
    return [
      id,
      { id, stage: stages[index] ?? '', listenOn: LOOPBACK, addresses: addressesOf(blocks[index]?.ports ?? []) },
    ];
  });
  const servicePlaces = services.map(({ id }, at): [string, ServicePlace] => {
    const index = nodes.length + at;
    // A service listens on one port; the rest of its block stays free.
    return [
      id,
      {
        id,
        stage: stages[index] ?? '',
        listenOn: LOOPBACK,
        address: { host: LOOPBACK, port: blocks[index]?.ports[0] ?? 0 },
      },
    ];
  });
  return { places: new Map(places), services: new Map(servicePlaces) };
}

function addressesOf(ports: readonly number[]): Readonly<Record<PortName, Endpoint>> {
  const endpoint = (name: PortName): Endpoint => ({ host: LOOPBACK, port: ports[PORT_NAMES.indexOf(name)] ?? 0 });
  return { p2p: endpoint('p2p'), rpc: endpoint('rpc'), rpcAdmin: endpoint('rpcAdmin'), h2: endpoint('h2') };
}
