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

/** A notary and the trading nodes of a pair. */
export function pairTopology(choice: TopologyChoice, pair: Pair): Topology {
  const peers = choice.peers.map((side) => pair[side]);
  return topologyOf(choice, { notary: pair[choice.notary], peers });
}

/** A notary and a trading node of each release. @param releases oldest first: the oldest stands for left, the newest for right */
export function mixedTopology(choice: TopologyChoice, releases: readonly Release[]): Topology {
  const notary = releases.at(choice.notary === 'left' ? 0 : -1);
  if (!notary) throw new Error('This is a bug in the harness: a mixed cell of no release.');
  return topologyOf(choice, { notary, peers: releases });
}

function topologyOf(
  { validating, onboarding, database, minimumPlatformVersion }: TopologyChoice,
  { notary, peers }: { readonly notary: Release; readonly peers: readonly Release[] },
): Topology {
  const nodes: NodeRole[] = [
    {
      id: 'notary',
      party: 'O=Notary, L=Zurich, C=CH',
      release: notary.id,
      notary: { validating, service: 'O=Notary Service, L=Zurich, C=CH' },
    },
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
