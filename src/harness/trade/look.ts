import type { FlowsView } from '../lease/driver-api.ts';
import type { LeasedNode } from '../lease/lease.ts';
import type { DriverClient } from '../lease/driver-client.ts';
import { flowWords, isQuiet, type StoredViews, type Views } from './views.ts';
import { waitUntil } from '../support/wait.ts';

/** A network whose vaults and notary are read. */
export interface Looked {
  readonly nodes: readonly Omit<LeasedNode, 'driver'>[];
  /** The driver that speaks to a node. */
  readonly driverOf: (node: string) => DriverClient;
}

/** Views of cash. To read them takes about a second. */
type Cash = Pick<Views, 'vaults' | 'transactions' | 'notaryLog'>;

/** Reads the states in vaults, the transactions of nodes, and the commits of notaries. @throws DriverCallError */
export async function lookForCash({ nodes, driverOf }: Looked): Promise<Cash> {
  const peers = nodes.filter(({ notary }) => !notary);
  const notaries = nodes.filter(({ notary }) => notary);
  // Other notaries keep no transactions.
  const keepers = [...peers, ...notaries.filter(({ validating }) => validating)];
  const [vaults, transactions, notaryLog] = await Promise.all([
    Promise.all(peers.map(({ id }) => driverOf(id).vault(id))),
    Promise.all(keepers.map(({ id }) => driverOf(id).transactions(id))),
    Promise.all(notaries.map(({ id }) => driverOf(id).notaryLog(id))),
  ]);
  return { vaults, transactions, notaryLog };
}

/** All views that the oracle needs beside the journal. @throws DriverCallError */
export async function lookAtAll(network: Looked): Promise<StoredViews> {
  const { nodes, driverOf } = network;
  const peers = nodes.filter(({ notary }) => !notary);
  const [cash, rows, flows] = await Promise.all([
    lookForCash(network),
    Promise.all(peers.map(({ id }) => driverOf(id).vaultRows(id))),
    lookForFlows(network),
  ]);
  const parties = nodes.map(({ id, party, release, notary, validating = false, keepsRefusals, ...more }) => ({
    id,
    party,
    release,
    notary,
    validating,
    keepsRefusals,
    ...(more.notarisesAs === undefined ? {} : { notarisesAs: more.notarisesAs }),
    ...(more.cordapps === undefined ? {} : { cordapps: more.cordapps }),
  }));
  return { ...cash, rows, flows, parties };
}

/** @throws DriverCallError */
export function lookForFlows({ nodes, driverOf }: Looked): Promise<readonly FlowsView[]> {
  return Promise.all(nodes.map(({ id }) => driverOf(id).flows(id)));
}

export interface QuietWait {
  /** Milliseconds. */
  readonly limit: number;
  /** Called again at every try. */
  readonly refusals: () => Promise<Views['refusals']>;
  readonly signal?: AbortSignal;
}

/** Waits until no node has a flow in flight. @throws WaitTimeout with the flows that remain at the limit */
export async function untilQuiet(network: Looked, { limit, refusals, ...signal }: QuietWait): Promise<void> {
  const { nodes: parties } = network;
  const look = async () => {
    const [views, refused] = await Promise.all([lookForFlows(network), refusals()]);
    const busy = views.filter((view) => !isQuiet(view, { parties, refusals: refused }));
    if (busy.length === 0) return { done: true, value: undefined } as const;
    return { done: false, last: busy.map((view) => busyWords(network, view)).join('; ') } as const;
  };
  await waitUntil(look, { name: 'all nodes quiet', limit, every: 100, ...signal });
}

function busyWords({ nodes }: Looked, { node, flows, checkpoints }: FlowsView): string {
  const named = nodes.find(({ id }) => id === node);
  const left = `${checkpoints} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'}`;
  const what = flows.length > 0 ? [flowWords(flows), left] : [left];
  return `${named ? `${named.release} (${node})` : node}: ${what.join(', ')}`;
}
