import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cell, NodeRole } from '../domain/cell.ts';
import type { Ledger } from '../domain/ledger.ts';
import { bringUp } from '../network/bring-up.ts';
import { allSeeAll } from '../network/network-map.ts';
import type { Provider, RunningNode, Space } from '../providers/provider.ts';
import { startDrivers } from './cell-drivers.ts';
import type { ImageMaker } from './cell-images.ts';
import { cellResidents, newRpcUser, nodeLaunch, stageNodes, tradingLaunch } from './cell-launch.ts';
import { leaseOf, seenNode } from './cell-lease.ts';
import type { CellParts } from './cell-parts.ts';
import { gatherParts } from './gather-parts.ts';
import { onboard, type Onboarding } from './cell-doorman.ts';
import type { ServiceHost } from './cell-services.ts';
import { cellDatabases } from './cell-databases.ts';
import { mintZone, type CellZone } from './cell-zone.ts';
import type { CellDatabases } from './database-input.ts';
import { watchCasualties } from './casualties.ts';
import { variable } from '../domain/environment.ts';
import { collectNodeEvidence, keptEvidence } from './evidence.ts';
import { unlessAborted } from '../support/with-limit.ts';
import { nodeControl, type ControlledNetwork } from './node-control.ts';
import { nodeLogs } from './node-logs.ts';
import type { ProvisionContext, ProvisionedCell, ProvisionWatch, RunContext } from './provisioner.ts';
import type { RunResources } from './run-resources.ts';

/** What a run lends to each of its cells. */
export interface CellHost {
  readonly run: RunContext;
  readonly provider: Provider;
  /** Resolves once the run is guarded. @throws StepError blocked */
  readonly ledger: () => Promise<Ledger>;
  readonly resources: RunResources;
  /** Where the provider starts containers. */
  readonly images?: ImageMaker;
}

/** Brings up a cell's network. @throws StepError with nothing left behind but evidence */
export async function provisionCell(cell: Cell, context: ProvisionContext, host: CellHost): Promise<ProvisionedCell> {
  const { watch, signal } = context;
  const { provider, run } = host;
  const evidence = join(run.results, cell.name);
  await mkdir(evidence, { recursive: true });
  // What other cells share goes on when this one is given up; it ends with the run.
  const parts = await unlessAborted(gatherParts(cell, host, watch), signal);

  watch.step('space');
  const { nodes, services } = cellResidents({ cell, parts });
  await provider.prepare({ nodes, services, signal });
  const ledger = await host.ledger();
  const space = await provider.createSpace({ runId: run.runId, cell: cell.name, nodes, services, ledger, signal });
  let databases: CellDatabases | undefined;
  try {
    const zone: CellZone = { cell, parts, space, resources: host.resources, evidence, signal };
    databases = await cellDatabases({ ...zone, ledger, runId: run.runId, provider });
    return await openNetwork({ cell, context, host, parts, space, databases, evidence });
  } catch (error) {
    // Evidence first: it goes with the space. The error that is told is the one that happened first.
    await collectNodeEvidence(provider, space, evidence).catch(() => undefined);
    await close({ space, provider, databases }).catch((failure: unknown) => {
      run.progress.say(`could not be removed after it failed: ${String(failure)}`, cell.name);
    });
    throw error;
  }
}

interface OpenNetwork {
  readonly cell: Cell;
  readonly context: ProvisionContext;
  readonly host: CellHost;
  readonly parts: CellParts;
  readonly space: Space;
  readonly databases: CellDatabases;
  readonly evidence: string;
}

async function openNetwork(input: OpenNetwork): Promise<ProvisionedCell> {
  const { cell, context, host, parts, space, databases, evidence } = input;
  const { watch, signal } = context;
  const { provider, run, resources } = host;
  const say = (text: string) => run.progress.say(text, cell.name);
  const rpcUser = newRpcUser();

  watch.step('zone');
  await stageNodes({ ...input, rpcUser, databases });
  // The driver's JVM warms up while the zone is made.
  const services: RunningNode[] = [];
  const serving: ServiceHost = { provider, space, evidence, onService: (running) => void services.push(running) };
  const driversStarting = startDrivers({ cell, parts, databases, signal, ...serving });
  driversStarting.catch(() => undefined);
  const launch = (node: NodeRole, args: readonly string[]) => nodeLaunch({ cell, parts }, node, args);
  const onboarding: Onboarding = { cell, parts, resources, signal, launch, say, ...serving };
  const nodeArgs = await makeZone(onboarding, databases, watch);

  watch.step('start');
  say('starting the nodes');
  const launches = cell.topology.nodes.map((node) => tradingLaunch({ cell, parts }, node, nodeArgs.get(node.id)));
  // The first connection of a driver's JVM takes seconds, which the other nodes still need.
  const connecting: Promise<void>[] = [];
  const onUp = (node: NodeRole): void => {
    const connected = driversStarting.then((drivers) => drivers.connect(node, rpcUser));
    connected.catch(() => undefined);
    connecting.push(connected);
  };
  const nodesStarting = bringUp({ cell, provider, space, launches, evidence, signal, say, onUp });
  const [nodes, drivers] = await Promise.all([nodesStarting, driversStarting]);
  const server = databases.server ? [{ ...databases.server, node: 'the database server' }] : [];
  const casualties = watchCasualties(cell, { nodes, services: [...services, ...server], say });

  watch.step('driver');
  await Promise.all(connecting);
  // What was minted they have in files.
  if (cell.topology.onboarding === 'doorman') await allSeeAll({ cell, seenBy: (node) => drivers.seenBy(node), signal });
  return provisioned({ ...input, drivers, casualties, rpcUser, nodeArgs });
}

/** By minting or by a doorman. @returns by node id, what the node must be started with besides */
async function makeZone(
  input: Onboarding,
  databases: CellDatabases,
  watch: ProvisionWatch,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { cell, say } = input;
  const isMinted = cell.topology.onboarding === 'minted';
  if (isMinted) {
    say('minting the network');
    await mintZone(input);
  }
  watch.step('schema');
  const nodeArgs = await databases.lay();
  if (!isMinted) {
    watch.step('zone');
    say('registering the nodes with a doorman');
    await onboard(input);
  }
  return nodeArgs;
}

/** What a network is once it is up. */
interface UpNetwork extends OpenNetwork, Pick<ControlledNetwork, 'drivers' | 'casualties' | 'rpcUser' | 'nodeArgs'> {}

function provisioned(input: UpNetwork): ProvisionedCell {
  const { cell, parts, context, host, space, databases, evidence, drivers, casualties } = input;
  const { provider, run, resources } = host;
  // Figures of a replay are no figures of the cell.
  const gateway = cell.replayOf === undefined ? variable(run.env, 'COMPAT_PUSH_GATEWAY') : undefined;
  const say = (text: string) => run.progress.say(text, cell.name);
  const nodes = cell.topology.nodes.map((node) => ({ ...seenNode({ cell, parts }, node), driver: drivers.of(node) }));
  const logs = nodeLogs({ provider, space, nodes: cell.topology.nodes, jvm: cell.jvm });
  return {
    lease: leaseOf(cell, nodes, evidence),
    mark: () => logs.mark(),
    logsSince: (mark) => logs.since(mark),
    control: nodeControl({ ...input, provider, resources, signal: context.signal, say }),
    casualties: () => casualties.soFar(),
    ...keptEvidence({
      cell: cell.name,
      provider,
      space,
      folder: evidence,
      drivers: drivers.byName,
      nodes,
      gateway,
      say,
    }),
    release: async () => {
      casualties.expectExits();
      await close({ space, provider, databases });
    },
  };
}

interface Closing {
  readonly space: Space;
  readonly provider: Provider;
  readonly databases: CellDatabases | undefined;
}

/** Ends the space, then looks whether anything is left. */
async function close({ space, provider, databases }: Closing): Promise<void> {
  const errors: Error[] = [];
  await provider.destroySpace(space).catch((error: unknown) => errors.push(error as Error));
  await databases?.drop().catch((error: unknown) => errors.push(error as Error));
  const left = await provider.leftovers(space);
  if (left.length > 0) {
    errors.push(new Error(`left behind: ${left.map(({ kind, what }) => `${kind} ${what}`).join(', ')}`));
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
}
