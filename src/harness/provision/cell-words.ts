import { LEAST_STARTS_AT_ONCE, paceWords, releaseOf, type Cell } from '../config/cell.ts';
import { platformFactsOf, type PlatformFacts } from '../corda/facts.ts';
import type { Release } from '../config/release.ts';
import { compareReleases } from '../config/pairs.ts';
import type { Described, PlannedRun } from '../plan/steps.ts';
import { cordappsText, grouped, idsOf, listed, sourceText } from '../plan/plan-words.ts';
import { peersOf, type NodeRole } from '../corda/topology.ts';
import { seconds } from '../support/words.ts';

/** The steps that all cells of a run share, before the first network. */
export function openText([first]: readonly Cell[]): Described {
  const { sweeps, finds } = PLACES[first?.provider ?? 'local'];
  return { text: `Prepare the run: remove the ${sweeps} that dead runs have left; start the reaper${finds}.` };
}

export function resolveText(cells: readonly Cell[]): Described {
  const releases = releasesOf(cells);
  const what = releases.length === 1 ? '1 release' : `${releases.length} releases`;
  return {
    text: `Resolve the releases, ${what} once for all cells: fetch what the cache does not hold and verify its checksums.`,
    parts: releases.map((each) => `Release ${each.id}: node ${sourceText(each)}; CorDapps ${cordappsText(each)}.`),
  };
}

export function inspectText(cells: readonly Cell[]): Described {
  const what =
    'the cash flows, platform versions, Java, signatures, tables, and classes that are missing or there twice';
  return { text: `Inspect the CorDapps of ${idsOf(releasesOf(cells))}: ${what}.` };
}

/** A jar says only when it is opened what it needs. */
export function javaText(cells: readonly Cell[]): Described {
  const parts = [...grouped(releasesOf(cells), javaOf)].map(([java, users]) => {
    if (java === undefined) return `The Java that the jar or the revision asks for, for ${idsOf(users)}.`;
    return `Java ${java} for ${idsOf(users)}: COMPAT_JAVA_${java}_HOME, installed ones, Adoptium, Debian.`;
  });
  return { text: 'Find Java, or fetch it.', parts };
}

export function toolsText(cells: readonly Cell[]): Described {
  return {
    text: `Compile the tools: minter, driver and healthcheck CorDapp against the jars of ${idsOf(releasesOf(cells))} as needed; keep them in the cache.`,
  };
}

/** Each release once, oldest first. */
function releasesOf(cells: readonly Cell[]): Release[] {
  const byId = new Map(cells.flatMap(({ releases }) => releases).map((release) => [release.id, release]));
  return [...byId.values()].sort(compareReleases);
}

function javaOf({ java, source }: Release): number | undefined {
  return java ?? factsOf({ source })?.java;
}

export function evidenceText({ name }: Cell, { results }: Pick<PlannedRun, 'results'>): string {
  return `Keep the evidence in ${results}/${name}: logs, configs, journal, vaults.`;
}

export function removeText({ provider, limits }: Cell): string {
  return `Remove the space within ${seconds(limits.teardown)} and count its leftovers: 0 ${PLACES[provider].left}.`;
}

/** The words that differ by provider. */
const PLACES = {
  local: {
    sweeps: 'processes and folders',
    finds: '',
    space: 'a folder and loopback ports of its own',
    left: 'processes, ports and folders',
  },
  docker: {
    sweeps: 'processes, folders, containers, networks and volumes',
    finds: '; find the Docker engine',
    space: 'a Docker network; a container, a volume and a folder of its own',
    left: 'containers, networks, volumes and folders',
  },
  kubernetes: {
    sweeps: 'processes, folders, containers and namespaces',
    finds: '; find the Docker engine and the cluster',
    space: 'a Kubernetes namespace; a workload, a Service, a volume and a folder of its own',
    left: 'objects, volumes, namespaces and folders',
  },
} as const;

export function spaceText({ provider, topology }: Cell): string {
  return `Make a space: ${PLACES[provider].space} for ${listed(topology.nodes.map(({ id }) => id))}.`;
}

/** Which of them are there already is for the engine and the registry to say. */
export function imagesText({ topology, provider }: Cell): string {
  const roles = topology.nodes.map(({ release, notary }) => `${notary ? 'notary' : 'node'} ${release}`);
  const doorman = topology.onboarding === 'doorman' ? ['doorman'] : [];
  const besides = provider === 'kubernetes' ? ['cordapps', 'healthcheck'] : [];
  return `Find or build the images ${listed([...new Set(roles), 'driver', ...doorman, ...besides])}.`;
}

export function databaseText({ provider, limits }: Cell): string {
  const own = `, or start one in the space within ${seconds(limits.prepare)} if it names none`;
  return `Open the PostgreSQL server that COMPAT_POSTGRES names${provider === 'local' ? '' : own}.`;
}

export function configureText(): string {
  return 'Write the configuration of each node into its folder: node.conf, CorDapps, logging.';
}

export function mintText(cell: Cell): string {
  return `Mint the zone: keys, certificates, node infos, ${parametersText(cell)}.`;
}

/** Registrations go by the nodes' own command lines, which are the releases'. */
export function doormanText(cell: Cell): string {
  const notaries = listed(cell.topology.nodes.filter(({ notary }) => notary).map(nodeText));
  const peers = listed(peersOf(cell.topology).map(nodeText));
  const limit = seconds(cell.limits.start);
  return `Register the nodes with a doorman. Start a doorman with a trust root of its own; let ${notaries} register within ${limit}; make the network's parameters: ${parametersText(cell)}; let ${peers} register within ${limit}. All leave development mode and find each other by the network map.`;
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

export function schemaText({ releases, topology }: Cell): string {
  const ids = (group: readonly Release[]) => listed([...new Set(group.map(({ id }) => id))]);
  const ways = grouped(releases, (release) => factsOf(release)?.schema);
  const parts = [...ways].map(([way, group]) => {
    if (way === 'migration') return `${ids(group)} from templates, migrated once for peers and once for notaries`;
    return way === 'at-start' ? `${ids(group)} by a node's own first start` : `${ids(group)} as the jar needs it`;
  });
  const where = topology.database === 'h2' ? '' : ' in a PostgreSQL database for each node';
  return `Make the tables${where}: ${parts.join('; ')}.`;
}

export function startText(cell: Cell): string {
  const nodes = listed(cell.topology.nodes.map(nodeText));
  const [limit, few] = [seconds(cell.limits.start), cell.topology.nodes.length <= LEAST_STARTS_AT_ONCE];
  const within = few ? `all are up within ${limit}` : `a few at a time, each is up within ${limit} of its start`;
  return `Start the nodes ${nodes} with JVM options ${cell.jvm}; ${within}.`;
}

/** Kryo's RPC of 3.x and AMQP's of 4.x cannot be spoken by one client. */
export function driverText(cell: Cell): string {
  const byWire = grouped(cell.topology.nodes, (node) => factsOf(releaseOf(cell, node))?.rpc ?? 'amqp');
  const drivers = [...byWire].map(([wire, nodes]) => {
    const whom = listed(nodes.map(nodeText));
    return `a driver on ${wire === 'kryo' ? '3.x' : '4.x'} jars for ${whom}`;
  });
  return `Start the drivers: ${drivers.join('; ')}.`;
}

export function connectText({ topology }: Cell): string {
  const mapped = topology.onboarding === 'doorman' ? '; wait until each node sees all others' : '';
  return `Connect the drivers, each to a node as soon as that is up${mapped}.`;
}

export function suitesText(cell: Cell, { suites, only }: Pick<PlannedRun, 'suites' | 'only'>): string {
  const { seed, operations } = cell.workload;
  const peers = peersOf(cell.topology).map(nodeText);
  const random = `random (${operations} operations, ${paceWords(cell.workload)}, seed ${seed})`;
  const named = suites(cell).map((suite) => (suite === 'random' ? random : suite));
  return `Run the suites ${listed(named)}, ${directionsText(peers)}${only === undefined ? '' : `; ${only}`}.`;
}

function directionsText(peers: readonly string[]): string {
  if (peers.length === 2) return `each direction on its own: ${peers.join(' to ')}, and back`;
  return `each of the ${peers.length * (peers.length - 1)} directions between ${listed(peers)} on its own`;
}

function nodeText(node: NodeRole): string {
  return `${node.id} (${node.release})`;
}

function factsOf({ source }: Pick<Release, 'source'>): PlatformFacts | undefined {
  return source.kind === 'maven' ? platformFactsOf(source.version) : undefined;
}

/** A registration may take as long as a start. */
export function waitLimit({ topology, limits }: Cell): number {
  return topology.onboarding === 'doorman' ? 2 * limits.start : limits.start;
}

export function waitText(cell: Cell): string {
  return `Wait until the nodes are up: ${listed(cell.topology.nodes.map(nodeText))}, at most ${seconds(waitLimit(cell))}.`;
}
