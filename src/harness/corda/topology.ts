import type { DatabaseKind } from './database.ts';

/** Peers of a network, at least and at most. */
export const PEER_COUNTS = { least: 2, most: 10 } as const;

/** The origin of nodes' certificates, node infos and network parameters: minted, or asked for as in a real zone. */
export type Onboarding = 'minted' | 'doorman';

/** A node of a cell's network before it has an address. */
export interface NodeRole {
  /** File-system and host-name safe: `notary`, `party-a`. */
  readonly id: string;
  /** X.500 name, for example `O=PartyA, L=London, C=GB`. */
  readonly party: string;
  /** Id of the release that it runs, one of its cell's. */
  readonly release: string;
  readonly notary?: NotaryRole;
}

export interface NotaryRole {
  readonly validating: boolean;
  /** X.500 name of its service, where it has an identity of its own for that: see `notarisesAs`. */
  readonly service: string;
}

export interface Topology {
  readonly nodes: readonly NodeRole[];
  readonly onboarding: Onboarding;
  readonly database: DatabaseKind;
  /** `auto` = the lowest platform version of the cell's nodes. */
  readonly minimumPlatformVersion: 'auto' | number;
}

/**
 * The party by which a notary notarises: its service if its release registers one, otherwise the node itself. Minted
 * zones give no notary a second identity.
 */
export function notarisesAs(
  { party, notary }: Required<Pick<NodeRole, 'party' | 'notary'>>,
  zone: { readonly onboarding: Onboarding; readonly serviceIdentity: boolean },
): string {
  return zone.onboarding === 'doorman' && zone.serviceIdentity ? notary.service : party;
}

/** The nodes that trade. */
export function peersOf(topology: Topology): readonly NodeRole[] {
  return topology.nodes.filter((node) => !node.notary);
}

export const PORT_NAMES = ['p2p', 'rpc', 'rpcAdmin', 'h2', 'jmx'] as const;

export type PortName = (typeof PORT_NAMES)[number];

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A node's place in a space: known before the node exists, so that the run can mint its node info. */
export interface NodePlace {
  readonly id: string;
  /** Folder on this machine; what is put there before the first `startNode` is in the node's base directory. */
  readonly stagingFolder: string;
  /** Host to bind to: the address's own, or all interfaces where the space has a network of its own. */
  readonly listenOn: string;
  /** Addresses by which the nodes of the space reach each other. */
  readonly addresses: Readonly<Record<PortName, Endpoint>>;
}
