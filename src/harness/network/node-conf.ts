import type { NodeRole, Topology } from '../domain/cell.ts';
import type { PlatformFacts } from '../domain/platform-facts.ts';
import type { Endpoint, NodePlace } from '../providers/provider.ts';

export interface RpcUser {
  readonly user: string;
  readonly password: string;
}

export interface NodeConfInput {
  readonly node: NodeRole;
  readonly place: NodePlace;
  readonly facts: PlatformFacts;
  readonly database: Topology['database'];
  readonly rpcUser: RpcUser;
}

/**
 * A release's node.conf. JSON is HOCON, so nothing has to be escaped by hand.
 * Unknown keys make a 4.x node refuse its configuration: only keys that the release has are written
 * (corda/corda: node/src/main/resources/corda-reference.conf at each tag).
 */
export function nodeConf({ node, place, facts, rpcUser }: NodeConfInput): string {
  const { p2p, rpc, rpcAdmin, h2 } = place.addresses;
  const conf = {
    myLegalName: node.party,
    p2pAddress: hostPort(p2p),
    // Otherwise the broker listens on all interfaces of the machine; with an address it is taken for somebody else's.
    messagingServerAddress: hostPort(p2p),
    messagingServerExternal: false,
    rpcSettings: { address: hostPort(rpc), adminAddress: hostPort(rpcAdmin) },
    rpcUsers: [{ ...rpcUser, permissions: ['ALL'] }],
    devMode: true,
    ...(node.notary ? { notary: { validating: node.notary.validating } } : {}),
    // 3.x knows the port alone and binds it to loopback by itself; both keys at once are refused.
    ...(facts.cli === 'flags' ? { h2port: h2.port } : { h2Settings: { address: hostPort(h2) } }),
  };
  return `${JSON.stringify(conf, undefined, 2)}\n`;
}

export function hostPort({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}

/** Read-only use only: the node's own database, by H2's TCP server inside the node. */
export function jdbcUrl(h2: Endpoint): string {
  return `jdbc:h2:tcp://${hostPort(h2)}/node`;
}
