import type { NodeRole, Pair, Topology } from '../domain/cell.ts';
import type { Release } from '../domain/release.ts';
import type { TopologyChoice } from './matrix.ts';

/** Of party-a, party-b …: names as `CordaX500Name.toString()` prints them. */
const PARTIES = [
  'O=PartyA, L=London, C=GB',
  'O=PartyB, L=New York, C=US',
  'O=PartyC, L=Paris, C=FR',
  'O=PartyD, L=Berlin, C=DE',
  'O=PartyE, L=Tokyo, C=JP',
  'O=PartyF, L=Sydney, C=AU',
  'O=PartyG, L=Toronto, C=CA',
  'O=PartyH, L=Madrid, C=ES',
  'O=PartyI, L=Oslo, C=NO',
  'O=PartyJ, L=Mumbai, C=IN',
] as const;
const NOTARIES = [
  { id: 'notary', party: 'O=Notary, L=Zurich, C=CH', service: 'O=Notary Service, L=Zurich, C=CH' },
  { id: 'notary-b', party: 'O=NotaryB, L=Geneva, C=CH', service: 'O=NotaryB Service, L=Geneva, C=CH' },
] as const;

/** Notaries and the trading nodes of a pair. */
export function pairTopology(choice: TopologyChoice, pair: Pair): Topology {
  const peers = choice.peers.map((side) => pair[side]);
  return topologyOf(choice, { left: pair.left, right: pair.right, peers });
}

/** Notaries and a trading node of each release. @param releases oldest first: the oldest stands for left, the newest for right */
export function mixedTopology(choice: TopologyChoice, releases: readonly Release[]): Topology {
  const [left, right] = [releases.at(0), releases.at(-1)];
  if (!left || !right) throw new Error('This is a bug in the harness: a mixed cell of no release.');
  return topologyOf(choice, { left, right, peers: releases });
}

function topologyOf(
  { notary, notaries, validating, onboarding, database, minimumPlatformVersion }: TopologyChoice,
  { left, right, peers }: Pair & { readonly peers: readonly Release[] },
): Topology {
  const notarising = notary === 'left' ? [left, right] : [right, left];
  const nodes: NodeRole[] = [
    ...NOTARIES.slice(0, notaries).map(({ id, party, service }, index) => {
      const release = notarising[index]?.id ?? left.id;
      return { id, party, release, notary: { validating, service } };
    }),
    ...peers.map(({ id }, index) => ({ id: peerId(index), party: partyOf(index), release: id })),
  ];
  return { nodes, onboarding, database, minimumPlatformVersion };
}

/** `party-a`, `party-b`, … */
function peerId(index: number): string {
  return `party-${String.fromCharCode('a'.charCodeAt(0) + index)}`;
}

function partyOf(index: number): string {
  const party = PARTIES[index];
  if (party === undefined) throw new Error(`This is a bug in the harness: there is no name for peer ${index + 1}.`);
  return party;
}
