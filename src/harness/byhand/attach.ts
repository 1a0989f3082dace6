import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { variable } from '../config/variables.ts';
import { type Cell, OUTAGE_LIMIT_MS } from '../config/cell.ts';
import type { DriverAddress } from '../lease/lease.ts';
import { type StepFailure, blocked, bug } from '../support/step-error.ts';
import { DriverCallError, DriverClient } from '../lease/driver-client.ts';
import { allSeeAll } from '../provision/zone.ts';
import { placesInside } from '../providers/containers.ts';
import { clusterAddressOf, clusterAt } from '../providers/kubernetes/cluster.ts';
import { isMainRunning, mainStatus } from '../providers/kubernetes/trouble.ts';
import { watchPods } from '../providers/kubernetes/pod-start.ts';
import type { Space } from '../providers/provider.ts';
import { attemptEach } from '../providers/space.ts';
import { leaseOf } from '../provision/nodes.ts';
import { keptEvidence, nodeLogs } from '../evidence/evidence.ts';
import type { ProvisionContext, ProvisionedCell, RunContext } from '../provision/provisioner.ts';
import { mustFit, readAttached, readPods } from './attached.ts';
import { takeBaseline } from './take-baseline.ts';
import { untilUp, type Attached } from './bring-up.ts';
import { findWay, openWay } from '../providers/kubernetes/ways.ts';

/** A network that is there, as the steps of attaching to it find it and open ways to it. What is in the cluster stays as it is. */
export interface Attachment {
  readonly cell: Cell;
  readonly run: RunContext;
  readonly context: ProvisionContext;
  readonly namespace: string;
  /** Undoes what was opened, last first. */
  readonly opened: Opened;
  attached?: Attached;
  network?: ProvisionedCell;
}

/** Looks which network the namespace has, and follows its Pods. @throws StepError blocked */
export async function findNetwork(input: Attachment): Promise<void> {
  const { cell, run, namespace, context, opened } = input;
  const { signal, say } = context;
  const cluster = await clusterAt(clusterAddressOf({ ...run.env }));
  const document = await readAttached(cluster, namespace);
  mustFit(cell, document, namespace);
  context.releases(document.releases);
  await mkdir(evidenceOf(input), { recursive: true });
  const watch = await watchPods(cluster, { namespace, space: namespace });
  opened.push(() => watch.stop());
  input.attached = { cell, cluster, namespace, document, watch, signal, say };
}

/** @throws StepError blocked */
export async function waitForNodes(input: Attachment): Promise<void> {
  await untilUp(attachedOf(input));
}

/** Has the drivers connect their nodes anew, and looks what was there before the suites. @throws StepError blocked */
export async function openNetwork(input: Attachment): Promise<void> {
  const attached = attachedOf(input);
  const { cell, document, signal, say } = attached;
  const { run, opened } = input;
  const evidence = evidenceOf(input);
  const reader = await readPods(attached, evidence);
  opened.push(() => reader.stop());
  const addresses = await connectDrivers(attached, opened);
  const driverFor = (node: string) => document.drivers.find(({ nodes }) => nodes.some(({ id }) => id === node));
  const addressOf = (node: string): DriverAddress =>
    addresses.get(driverFor(node)?.id ?? '') ?? bug(`no driver for ${node}`);
  const driverOf = (id: string): DriverClient => new DriverClient(addressOf(id), signal);
  if (cell.topology.onboarding === 'doorman') {
    const seenBy = async ({ id }: { readonly id: string }) => (await driverOf(id).networkMap(id)).parties;
    await allSeeAll(cell, seenBy, signal);
  }
  const taking = { ...attached, driverOf, evidence };
  await asDriverStep('the drivers failed to read the baseline', () => takeBaseline(taking));
  const losses = watchEnds(attached);
  const withFolder = ({ id }: { readonly id: string }) => ({ id, stagingFolder: join(evidence, id) });
  const places = placesInside(document.nodes.map(withFolder), document.drivers.map(withFolder));
  const space: Space = { id: attached.namespace, ...places };
  const logs = nodeLogs({ provider: reader, space, nodes: cell.topology.nodes, jvm: cell.jvm });
  // Earlier log lines are not of this run.
  const since = await logs.mark();
  const loaded = await logs.loaded();
  const nodes = document.nodes.map((node) => {
    const line = loaded.get(node.id);
    return { ...node, ...(line === undefined ? {} : { loadedLine: line }), driver: addressOf(node.id) };
  });
  const gateway = variable(run.env, 'COMPAT_PUSH_GATEWAY');
  const kept = { cell: cell.name, provider: reader, space, folder: evidence, drivers: addresses, nodes, gateway, say };
  input.network = {
    lease: leaseOf(cell, nodes, evidence),
    mark: () => logs.mark(),
    logsSince: (mark = since) => logs.since(mark),
    losses,
    ...keptEvidence(kept),
    release: () => closeAll(input),
  };
}

/** Attempts everything. @throws AggregateError */
export async function closeAll({ opened }: Pick<Attachment, 'opened'>): Promise<void> {
  const failures = await attemptEach(opened.splice(0).reverse());
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}

function evidenceOf({ run, cell }: Attachment): string {
  return join(run.results, cell.name);
}

function attachedOf({ attached, namespace }: Attachment): Attached {
  return attached ?? bug(`no step has looked for the network of ${namespace}`);
}

/** Opens a way to each driver and has it connect its nodes, anew where it has done so before. @returns by its own name */
async function connectDrivers(attached: Attached, opened: Opened): Promise<ReadonlyMap<string, DriverAddress>> {
  const { cell, signal } = attached;
  const drivers = await openDrivers(attached, opened);
  const all = drivers.map(async ([{ id, nodes }, address]) => {
    await asDriverStep(`the driver failed to reach ${nodes.map((node) => node.id).join(', ')}`, async () => {
      await new DriverClient(address, signal).connect({ nodes, limitMs: cell.limits.start });
    });
    return [id, address] as const;
  });
  return new Map(await Promise.all(all));
}

async function asDriverStep(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DriverCallError)) throw error;
    const { chain: words, message } = error.error;
    throw blocked('driver', `${what}: ${message}`, { cause: error, words });
  }
}

/** Lost processes of an attached network: failures of suites are then no verdict. */
function watchEnds({ cell, document, watch }: Attached): () => readonly StepFailure[] {
  const releases = new Map(document.nodes.map(({ id, release }) => [id, ` (${release})`]));
  const ids = document.workloads.map(({ resident: id }) => id);
  const runOf = (id: string): string | undefined => {
    const pod = watch.pods(id).find(isMainRunning);
    return pod && (mainStatus(pod)?.containerID ?? '');
  };
  const before = new Map(ids.map((id) => [id, runOf(id)]));
  return () =>
    ids.flatMap((id): StepFailure[] => {
      const now = runOf(id);
      if (now !== undefined && now === before.get(id)) return [];
      const what = now === undefined ? 'it does not run' : 'its program runs anew';
      const message = `${cell.name}: ${id}${releases.get(id) ?? ''} ended while trading: ${what}`;
      return [{ outcome: 'blocked', step: 'suites', message }];
    });
}

/** Undoes what was opened, last first. */
export type Opened = (() => Promise<unknown>)[];

export type Driver = Attached['document']['drivers'][number];

/** Opens a way to each driver of a network that is there. @returns its drivers with their addresses */
export async function openDrivers(
  { cluster, namespace, document, watch }: Pick<Attached, 'cluster' | 'namespace' | 'document' | 'watch'>,
  opened: Opened,
): Promise<readonly (readonly [Driver, DriverAddress])[]> {
  const way = await findWay(cluster, [namespace]);
  const all = document.drivers.map(async (driver) => {
    const { id, port, token } = driver;
    const pod = (): string | undefined => watch.pods(id).find(isMainRunning)?.metadata?.name;
    const forwarder = await openWay(cluster, way, { namespace, id, port, speaksHttp: true, pod });
    opened.push(() => forwarder.close());
    const { host, port: local } = forwarder.endpoint;
    return [driver, { url: `http://${host}:${local}`, token, outageMs: OUTAGE_LIMIT_MS }] as const;
  });
  return await Promise.all(all);
}
