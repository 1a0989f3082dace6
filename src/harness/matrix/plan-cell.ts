import { LEAST_STARTS_AT_ONCE, paceWords, peersOf, releaseOf } from '../domain/cell.ts';
import type { Cell, NodeRole } from '../domain/cell.ts';
import { platformFactsOf } from '../domain/platform-facts-table.ts';
import type { PlatformFacts } from '../domain/platform-facts.ts';
import type { Release } from '../domain/release.ts';
import { suitesOf } from '../domain/suites.ts';
import { grouped, listed } from './plan-words.ts';
import { seconds } from '../support/words.ts';

/** What happens to one cell, a sentence a step. */
export function cellSteps(cell: Cell): readonly string[] {
  const zone =
    cell.topology.onboarding === 'doorman' ? [schemaText(cell), doormanText(cell)] : [mintText(cell), schemaText(cell)];
  const { imagesOf, space, left } = PLACES[cell.provider];
  const nodes = listed(cell.topology.nodes.map(({ id }) => id));
  return [...imagesOf(cell), space(nodes), ...zone, startText(cell), driverText(cell), suitesText(cell)].concat(
    evidenceText(cell),
    `Destroy the space within ${seconds(cell.limits.teardown)} and count what is left: 0 ${left}.`,
  );
}

/** What happens to a cell whose network is there. */
export function attachedSteps(cell: Cell): readonly string[] {
  const nodes = listed(cell.topology.nodes.map(nodeText));
  return [
    `Wait until ${nodes} are up, at most ${seconds(cell.limits.start)}; connect the drivers to them.`,
    suitesText(cell),
    evidenceText(cell),
    'Close what was opened; nothing in the cluster is changed but what the nodes trade.',
  ];
}

function evidenceText({ name }: Cell): string {
  return `Keep the evidence in test-results/${name}: logs, configs, journal, what the vaults hold.`;
}

/** What differs by where nodes live. */
const PLACES = {
  local: {
    imagesOf: () => [],
    space: (nodes: string) => `Make a space: a folder and loopback ports of its own for ${nodes}.`,
    left: 'processes, ports and folders',
  },
  docker: {
    imagesOf: (cell: Cell) => [imagesText(cell)],
    space: (nodes: string) =>
      `Make a space: a Docker network; a container, a volume and a folder of its own for ${nodes}.`,
    left: 'containers, networks, volumes and folders',
  },
  kubernetes: {
    imagesOf: (cell: Cell) => [imagesText(cell, ['cordapps', 'healthcheck'])],
    space: (nodes: string) =>
      `Make a space: a Kubernetes namespace; a workload, a Service, a volume and a folder of its own for ${nodes}.`,
    left: 'objects, volumes, namespaces and folders',
  },
} as const;

/** Which of them are there already is for the engine and the registry to say. */
function imagesText({ topology }: Cell, besides: readonly string[] = []): string {
  const roles = topology.nodes.map(({ release, notary }) => `${notary ? 'notary' : 'node'} ${release}`);
  const doorman = topology.onboarding === 'doorman' ? ['doorman'] : [];
  return `Find or build the images ${listed([...new Set(roles), 'driver', ...doorman, ...besides])}.`;
}

function mintText(cell: Cell): string {
  return `Mint the zone: keys, certificates, node infos, ${parametersText(cell)}.`;
}

/** Registrations go by the nodes' own command lines, which are the releases'. */
function doormanText(cell: Cell): string {
  const notaries = listed(cell.topology.nodes.filter(({ notary }) => notary).map(nodeText));
  const peers = listed(peersOf(cell.topology).map(nodeText));
  const limit = seconds(cell.limits.start);
  return `Start a doorman with a trust root of its own; let ${notaries} register within ${limit}; make the network's parameters: ${parametersText(cell)}; let ${peers} register within ${limit}. All leave development mode and find each other by the network map.`;
}

function parametersText(cell: Cell): string {
  const notaries = cell.topology.nodes.flatMap(({ notary }) => notary ?? []);
  const kind = notaries.some(({ validating }) => validating) ? 'validating' : 'non-validating';
  const whom = notaries.length === 1 ? `${kind} notary` : `${notaries.length} ${kind} notaries`;
  return `${whom}, minimumPlatformVersion ${minimumText(cell)}, contracts of unsigned CorDapps whitelisted`;
}

function minimumText({ releases, pair, topology }: Cell): string {
  if (topology.minimumPlatformVersion !== 'auto') return String(topology.minimumPlatformVersion);
  const versions = releases.map((release) => factsOf(release)?.platformVersion);
  const known = versions.filter((version) => version !== undefined);
  const lowest = `the lowest of ${pair ? 'the pair' : 'all'}`;
  return known.length < versions.length ? lowest : `${Math.min(...known)} (${lowest})`;
}

function schemaText({ releases, topology }: Cell): string {
  const ids = (group: readonly Release[]) => listed([...new Set(group.map(({ id }) => id))]);
  const ways = grouped(releases, (release) => factsOf(release)?.schema);
  const parts = [...ways].map(([way, group]) => {
    if (way === 'migration') return `${ids(group)} from templates, migrated once for peers and once for notaries`;
    return way === 'at-start' ? `${ids(group)} by a node's own first start` : `${ids(group)} as the jar needs it`;
  });
  const where = topology.database === 'h2' ? '' : ' in a PostgreSQL database for each node';
  return `Make the tables${where}: ${parts.join('; ')}.`;
}

function startText(cell: Cell): string {
  const nodes = listed(cell.topology.nodes.map(nodeText));
  const [limit, few] = [seconds(cell.limits.start), cell.topology.nodes.length <= LEAST_STARTS_AT_ONCE];
  const within = few ? `all are up within ${limit}` : `a few at a time, each is up within ${limit} of its start`;
  return `Start ${nodes} with JVM options ${cell.jvm}; ${within}.`;
}

/** Kryo's RPC of 3.x and AMQP's of 4.x cannot be spoken by one client. */
function driverText(cell: Cell): string {
  const byWire = grouped(cell.topology.nodes, (node) => factsOf(releaseOf(cell, node))?.rpc ?? 'amqp');
  const drivers = [...byWire].map(([wire, nodes]) => {
    const whom = listed(nodes.map(nodeText));
    return `a driver on ${wire === 'kryo' ? '3.x' : '4.x'} jars for ${whom}`;
  });
  return `Start ${drivers.join('; ')}.`;
}

function suitesText(cell: Cell): string {
  const { seed, operations } = cell.workload;
  const peers = peersOf(cell.topology).map(nodeText);
  const named = suitesOf(cell.workload).map((suite) =>
    suite === 'random' ? `random (${operations} operations, ${paceWords(cell.workload)}, seed ${seed})` : suite,
  );
  return `Run the suites ${listed(named)}, ${directionsText(peers)}.`;
}

function directionsText(peers: readonly string[]): string {
  if (peers.length === 2) return `each direction on its own: ${peers.join(' to ')}, and back`;
  return `each of the ${peers.length * (peers.length - 1)} directions between ${listed(peers)} on its own`;
}

function nodeText(node: NodeRole): string {
  return `${node.id} (${node.release})`;
}

function factsOf({ source }: Release): PlatformFacts | undefined {
  return source.kind === 'maven' ? platformFactsOf(source.version) : undefined;
}
