import { LOOPBACK } from '../../support/ports.ts';
import {
  PORT_NAMES,
  type Endpoint,
  type NodePlace,
  type PortName,
  type ServicePlace,
  type Space,
  type SpaceRequest,
} from '../provider.ts';
import type { PortBlock } from './port-blocks.ts';

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
  return {
    p2p: endpoint('p2p'),
    rpc: endpoint('rpc'),
    rpcAdmin: endpoint('rpcAdmin'),
    h2: endpoint('h2'),
    jmx: endpoint('jmx'),
  };
}
