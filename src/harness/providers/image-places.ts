import { posix } from 'node:path';
import { IN_IMAGE } from '../domain/image.ts';
import { isWithin } from '../support/files.ts';
import type { NodePlace, PortName, ServicePlace, Space } from './provider.ts';

/** Ports inside, the same in every space, whose network is its own. */
export const PORTS_INSIDE: Readonly<Record<PortName, number>> = {
  p2p: 10_200,
  rpc: 10_201,
  rpcAdmin: 10_202,
  h2: 10_203,
  jmx: 10_204,
};
export const SERVICE_PORT_INSIDE = 8080;
const ALL_INTERFACES = '0.0.0.0';

interface Staged {
  readonly id: string;
  readonly stage: string;
}

/** Places in a space where each node and service has an address of its own, under its id. */
export function placesInside(
  nodes: readonly Staged[],
  services: readonly Staged[],
): Pick<Space, 'places' | 'services'> {
  return {
    places: new Map(nodes.map((node) => [node.id, nodePlace(node)])),
    services: new Map(services.map((service) => [service.id, servicePlace(service)])),
  };
}

function nodePlace({ id, stage }: Staged): NodePlace {
  const at = (port: number) => ({ host: id, port });
  const { p2p, rpc, rpcAdmin, h2, jmx } = PORTS_INSIDE;
  const addresses = { p2p: at(p2p), rpc: at(rpc), rpcAdmin: at(rpcAdmin), h2: at(h2), jmx: at(jmx) };
  return { id, stage, listenOn: ALL_INTERFACES, addresses };
}

function servicePlace({ id, stage }: Staged): ServicePlace {
  return { id, stage, listenOn: ALL_INTERFACES, address: { host: id, port: SERVICE_PORT_INSIDE } };
}

/**
 * A path below a node's base directory, relative to it. Links are resolved inside, so only its letters are looked at here.
 * @throws Error when it leads out of the base directory of the resident
 */
export function insideBase(id: string, path: string): string {
  const wanted = posix.resolve(IN_IMAGE.node, path);
  if (!isWithin(IN_IMAGE.node, wanted)) {
    throw new Error(`${JSON.stringify(path)} leads out of the base directory of ${id}`);
  }
  return posix.relative(IN_IMAGE.node, wanted);
}
