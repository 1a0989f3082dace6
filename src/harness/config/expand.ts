import { MIXED, type Cell, type Pair } from './cell.ts';
import type { Release } from './release.ts';
import { loadMatrix, type LoadOptions } from './load.ts';
import type { Matrix, Settings, TopologyChoice } from './matrix.ts';
import { compareReleases, pairName, pairsOf } from './pairs.ts';
import type { NodeRole, Topology } from '../corda/topology.ts';
import { bug } from '../support/step-error.ts';

/** Every cell of the matrix: pairs, the oldest first, then the mixed one. */
export function expand(matrix: Matrix): readonly Cell[] {
  const { provider, workloadKind, jvm, workload, limits, topology, releases } = matrix;
  const where = { provider, ...(workloadKind === undefined ? {} : { workloadKind }) };
  const cellOf = (own: Pick<Cell, 'name' | 'releases' | 'pair' | 'topology'>): Cell => {
    const known = matrix.known.get(own.name);
    return { ...own, ...where, jvm, workload, limits, ...(known ? { known } : {}) };
  };
  const pairs = pairsOf(matrix.pairs, releases).map((pair) =>
    cellOf({ name: pairName(pair), releases: eachOnce(pair), pair, topology: pairTopology(topology, pair) }),
  );
  const mixed = releases.filter(({ id }) => matrix.mixed.includes(id)).sort(compareReleases);
  if (mixed.length === 0) return pairs;
  return [...pairs, cellOf({ name: MIXED, releases: mixed, topology: mixedTopology(topology, mixed) })];
}

function eachOnce({ left, right }: Pair): readonly Release[] {
  return left.id === right.id ? [left] : [left, right];
}

/**
 * Loads and expands in one go.
 * @throws MatrixError with everything that is wrong with the file and the environment
 */
export async function loadCells(
  options: LoadOptions,
): Promise<{ cells: readonly Cell[]; matrix: Matrix; settings: Settings }> {
  const matrix = await loadMatrix(options);
  return { cells: expand(matrix), matrix, settings: matrix.settings };
}

/**
 * The cells that vitest would run for `--project` patterns: `*` stands for anything, `!x` for all but x, case does not
 * matter, a cell is chosen when any pattern fits, and no pattern chooses all.
 */
export function select(cells: readonly Cell[], patterns: readonly string[]): readonly Cell[] {
  if (patterns.length === 0) return cells;
  return cells.filter(({ name }) => patterns.some((pattern) => fits(name, pattern)));
}

function fits(name: string, pattern: string): boolean {
  if (pattern.startsWith('!')) return !fits(name, pattern.slice(1));
  const source = pattern.split('*').map(escaped).join('.*');
  return new RegExp(`^${source}$`, 'i').test(name);
}

function escaped(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The names of party-a, party-b and so on, as `CordaX500Name.toString()` prints them. */
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
function pairTopology(choice: TopologyChoice, pair: Pair): Topology {
  const peers = choice.peers.map((side) => pair[side]);
  return topologyOf(choice, { left: pair.left, right: pair.right, peers });
}

/** Notaries and a trading node of each release. @param releases oldest first: the oldest stands for left, the newest for right */
function mixedTopology(choice: TopologyChoice, releases: readonly Release[]): Topology {
  const [left, right] = [releases.at(0), releases.at(-1)];
  if (!left || !right) bug('a mixed cell of no release');
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
  return PARTIES[index] ?? bug(`there is no name for peer ${index + 1}`);
}
