import { blocked } from '../support/step-error.ts';
import { DriverCallError, DriverClient } from '../lease/driver-client.ts';
import type { Cluster } from '../providers/kubernetes/cluster.ts';
import { watchPods } from '../providers/kubernetes/pod-start.ts';
import { attemptEach } from '../providers/space.ts';
import { checkNetwork, type NetworkHealth } from '../provision/network-health.ts';
import { type AttachDocument, readAttached } from './attached.ts';
import { openDrivers, type Opened } from './attach.ts';
import { cellOf, namespacesByHand } from './take-down.ts';

export interface NamespaceHealth extends NetworkHealth {
  readonly namespace: string;
  readonly cell: string;
}

/** As long as a flow may take where the matrix says nothing. */
const FLOW_MS = 30_000;
/** A node that is up answers at once. */
const CONNECT_MS = 10_000;

/** Checks the network that config or up has put into a namespace. What is in the cluster stays as it is. @throws StepError blocked */
export async function healthByHand(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<NamespaceHealth> {
  const document = await readAttached(cluster, namespace);
  const watch = await watchPods(cluster, { namespace, space: namespace });
  const opened: Opened = [() => watch.stop()];
  try {
    const clients = new Map<string, DriverClient>();
    for (const [driver, address] of await openDrivers({ cluster, namespace, document, watch }, opened)) {
      // This check does not wait for an API server that restarts: the user asks again.
      const client = new DriverClient({ ...address, outageMs: 0 }, signal);
      await connectMissing(client, driver.nodes);
      for (const { id } of driver.nodes) clients.set(id, client);
    }
    const driverOf = (id: string): DriverClient => {
      const client = clients.get(id);
      if (client) return client;
      const what = `no driver of namespace ${namespace} is told of ${id}`;
      throw blocked('driver', `${what}: its Secret is damaged, apply it again`);
    };
    const health = await checkNetwork({ parties: document.nodes, driverOf, flowMs: FLOW_MS, signal });
    return { namespace, cell: document.cell, ...health };
  } finally {
    await attemptEach(opened.reverse());
  }
}

/** The namespace of the one network of a cell. @throws StepError blocked where there is none, or more than one */
export async function namespaceOf(cluster: Cluster, cell: string): Promise<string> {
  const all = await namespacesByHand(cluster);
  const names = all.filter((each) => cellOf(each) === cell).flatMap(({ metadata }) => metadata?.name ?? []);
  const [first, ...others] = names;
  if (first === undefined) {
    const words = `the cluster of context ${cluster.config.getCurrentContext()} has no network of ${cell}`;
    throw blocked('space', `${words}: bring one up with npx corda-compat up ${cell} -n NAMESPACE`);
  }
  if (others.length > 0) throw blocked('space', `there are ${names.length} networks of ${cell}: name one, -n ${first}`);
  return first;
}

/**
 * One that is connected is left alone: to connect it anew would end what others wait for. One that cannot be reached is told
 * by the check, which asks it.
 */
async function connectMissing(client: DriverClient, nodes: AttachDocument['drivers'][number]['nodes']): Promise<void> {
  const ignoring = (error: unknown): void => {
    if (!(error instanceof DriverCallError)) throw error;
  };
  const known = await client.nodes().catch(ignoring);
  const missing = nodes.filter(({ id }) => !known?.some((node) => node.id === id));
  await Promise.all(missing.map((node) => client.connect({ nodes: [node], limitMs: CONNECT_MS }).catch(ignoring)));
}
