import type { NodeRole, NotaryRole, NodePlace, Endpoint } from './topology.ts';
import type { PlatformFacts } from './facts.ts';
import { H2_ACCOUNT, type DatabaseAccess, type DataSource } from './database.ts';
import { LOOPBACK } from '../support/ports.ts';

export interface RpcUser {
  readonly user: string;
  readonly password: string;
}

export interface NodeConfInput {
  readonly node: NodeRole;
  readonly place: NodePlace;
  readonly facts: PlatformFacts;
  readonly source: DataSource;
  readonly rpcUser: RpcUser;
  /** URL of the zone's doorman and network map, where the node registers; none where the zone is minted. */
  readonly zone?: string;
}

/**
 * A release's node.conf. JSON is HOCON, so nothing has to be escaped by hand.
 * Unknown keys make a 4.x node refuse its configuration: only keys that the release has are written
 * (corda/corda: node/src/main/resources/corda-reference.conf at each tag).
 */
export function nodeConf({ node, place, facts, rpcUser, source, zone }: NodeConfInput): string {
  const { rpc, rpcAdmin } = listening(place);
  const conf = {
    myLegalName: node.party,
    p2pAddress: hostPort(place.addresses.p2p),
    rpcSettings: { address: hostPort(rpc), adminAddress: hostPort(rpcAdmin) },
    rpcUsers: [{ ...rpcUser, permissions: ['ALL'] }],
    // In development mode a node makes its certificates itself and does not register.
    devMode: zone === undefined,
    // The rest of the block is the release's own.
    dataSourceProperties: source,
    ...(node.notary ? { notary: notaryBlock(node.notary, facts, zone) } : {}),
    ...(facts.cli === 'flags' ? of3(place) : of4(place)),
    ...(zone === undefined ? {} : facts.cli === 'flags' ? zoneOf3(zone) : zoneOf4(zone)),
  };
  return `${JSON.stringify(conf, undefined, 2)}\n`;
}

/** A service of its own only if the node registers one: a minted zone has no certificate of it. */
function notaryBlock({ validating, service }: NotaryRole, { serviceIdentity }: PlatformFacts, zone?: string): object {
  return zone !== undefined && serviceIdentity ? { validating, serviceLegalName: service } : { validating };
}

/** A messagingServerAddress would make 3.x wait for a broker of another process: its own listens on all interfaces. */
function of3({ addresses: { h2 } }: NodePlace): object {
  return {
    // Otherwise it advertises an address of the machine instead of the given one.
    detectPublicIp: false,
    // On all interfaces, with a password; no key changes that.
    h2port: h2.port,
  };
}

function of4(place: NodePlace): object {
  const { p2p, h2 } = listening(place);
  return {
    // Otherwise the broker listens on all interfaces of the machine. With an address, the node takes it for a foreign
    // broker.
    messagingServerAddress: hostPort(p2p),
    messagingServerExternal: false,
    h2Settings: { address: hostPort(h2) },
  };
}

function zoneOf3(url: string): object {
  return { compatibilityZoneURL: url };
}

function zoneOf4(url: string): object {
  return {
    networkServices: { doormanURL: url, networkMapURL: url },
    // Corda's own CorDapps on Maven Central are signed with its development key, which is refused outside development mode.
    cordappSignerKeyFingerprintBlacklist: [],
  };
}

/** The addresses that a node binds to: its own ports on the host of its place. */
function listening({ listenOn, addresses }: NodePlace): NodePlace['addresses'] {
  const on = ({ port }: Endpoint): Endpoint => ({ host: listenOn, port });
  const { p2p, rpc, rpcAdmin, h2, jmx } = addresses;
  // Only the node itself uses that port, and 3.x cannot if it listens on all interfaces.
  const admin = { host: LOOPBACK, port: rpcAdmin.port };
  return { p2p: on(p2p), rpc: on(rpc), rpcAdmin: admin, h2: on(h2), jmx: on(jmx) };
}

export function hostPort({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}

/** Read-only use only: the node's own database, by H2's TCP server inside the node. */
export function h2Access(h2: Endpoint): DatabaseAccess {
  return { url: `jdbc:h2:tcp://${hostPort(h2)}/node`, ...H2_ACCOUNT };
}
