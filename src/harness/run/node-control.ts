import type { NodeRole } from '../domain/cell.ts';
import type { Deed } from '../domain/deed.ts';
import type { LeasedNode } from '../domain/lease.ts';
import { bringUp } from '../provision/nodes.ts';
import type { RpcUser } from '../network/node-conf.ts';
import type { Provider } from '../providers/provider.ts';
import type { Casualties } from './casualties.ts';
import type { CellDrivers } from '../provision/drivers.ts';
import { seenNode } from '../provision/nodes.ts';
import { tradingLaunch } from '../provision/nodes.ts';
import type { CellZone } from '../provision/zone.ts';
import type { CellDatabases } from '../provision/databases.ts';
import { goBack, tellOthers, upgrade } from './node-upgrade.ts';

/** From SIGTERM to SIGKILL of a node that is stopped as an operator does. */
const GRACE_MS = 30_000;

/** A network whose nodes trade, and may be stopped and started while they do. */
export interface ControlledNetwork extends CellZone {
  readonly provider: Provider;
  readonly databases: CellDatabases;
  readonly drivers: CellDrivers;
  readonly casualties: Casualties;
  readonly rpcUser: RpcUser;
  /** By node id, what its database asks for at its start. */
  readonly nodeArgs: ReadonlyMap<string, readonly string[]>;
  readonly say: (text: string) => void;
}

/** Does what a suite asks to be done to a node. @returns the node as it is then. @throws StepError */
export type NodeControl = (node: string, deed: Deed) => Promise<LeasedNode>;

/** A node as it is meant to be started. */
export interface Startable {
  readonly role: NodeRole;
  readonly args: readonly string[];
}

export function nodeControl(network: ControlledNetwork): NodeControl {
  const { cell, nodeArgs } = network;
  const roles = new Map(cell.topology.nodes.map((role) => [role.id, { role, args: nodeArgs.get(role.id) ?? [] }]));
  const before = new Map<string, Startable>();

  const started = async (startable: Startable): Promise<Startable> => {
    roles.set(startable.role.id, startable);
    await start(network, startable);
    return startable;
  };
  return async (id, deed) => {
    const now = roles.get(id);
    if (!now) throw new Error(`the network of ${cell.name} has no node ${id}, only ${[...roles.keys()].join(', ')}`);
    const { role } = await done(now);
    return { ...seenNode(network, role), driver: network.drivers.of(role) };

    async function done(node: Startable): Promise<Startable> {
      switch (deed) {
        case 'stop':
          return await stop(network, node, GRACE_MS);
        case 'kill':
          return await stop(network, node, 0);
        case 'start':
          return await started(node);
        case 'upgrade':
          before.set(id, node);
          return await tellOthers(network, await started(await upgrade(network, node)));
        case 'go-back':
          return await started(await goBack(network, before.get(id) ?? node));
      }
    }
  };
}

async function stop(network: ControlledNetwork, node: Startable, graceMs: number): Promise<Startable> {
  const { provider, space, casualties, say } = network;
  const { id, release } = node.role;
  casualties.expectExit(id);
  say(`${graceMs === 0 ? 'killing' : 'stopping'} ${id} (${release})`);
  await provider.stopNode(space, id, graceMs);
  return node;
}

/** Starts a node that is down, and connects its driver to it. */
async function start(network: ControlledNetwork, { role, args }: Startable): Promise<void> {
  const { cell, drivers, casualties, rpcUser } = network;
  const others = cell.topology.nodes.filter(({ id }) => id !== role.id);
  const asItIs = { ...cell, topology: { ...cell.topology, nodes: [...others, role] } };
  const running = await bringUp({ ...network, cell: asItIs, launches: [tradingLaunch(network, role, args)] });
  const node = running.get(role.id);
  if (!node) throw new Error(`This is a bug in the harness: ${role.id} was started and does not run.`);
  casualties.follow(role, node);
  await drivers.connect(role, rpcUser);
}
