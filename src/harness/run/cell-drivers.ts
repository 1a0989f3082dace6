import { join } from 'node:path';
import type { Cell, NodeRole } from '../domain/cell.ts';
import { StepError, blocked } from '../domain/step-error.ts';
import { DriverCallError, DriverClient } from '../drivers/driver-client.ts';
import { startDriver, type DriverProcess } from '../drivers/driver-process.ts';
import { hostPort, jdbcUrl, type RpcUser } from '../network/node-conf.ts';
import type { Provider, Space } from '../providers/provider.ts';
import { cordappsOf, partsOf, type CellParts, type ToolParts } from './cell-parts.ts';

/** The drivers of a cell: one for the nodes of each RPC wire format. */
export interface CellDrivers {
  /** The driver that speaks a node's RPC. */
  of(node: NodeRole): DriverProcess;
  /** Connects a node that is up. @throws StepError blocked (driver) */
  connect(node: NodeRole, to: ConnectTo): Promise<void>;
  stop(): Promise<void>;
}

export interface ConnectTo {
  readonly provider: Provider;
  readonly space: Space;
  readonly rpcUser: RpcUser;
}

export interface StartDrivers {
  readonly cell: Cell;
  readonly parts: CellParts;
  readonly space: Space;
  /** Folder of the cell's evidence. */
  readonly evidence: string;
  readonly signal: AbortSignal;
}

/** Starts the drivers a cell needs; no node has to exist yet. Leaves none behind when one fails. */
export async function startDrivers({ cell, parts, space, evidence, signal }: StartDrivers): Promise<CellDrivers> {
  const groups = groupByTools(cell, parts);
  const started = await Promise.allSettled(
    groups.map(async ({ tools, nodes }) => {
      const file = `driver-${tools.tools.compiledAgainst}.log`;
      const cordapps = [...new Map(nodes.flatMap((node) => cordappsOf(parts, node)).map((c) => [c.name, c])).values()];
      const { limits } = cell;
      const common = { marker: space.id, logFile: join(evidence, file), limit: limits.prepare, signal };
      return { nodes, driver: await startDriver({ ...tools, ...common, cordapps }) };
    }),
  );
  const drivers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => void (await Promise.all(drivers.map(({ driver }) => driver.stop())));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const driverOf = (node: NodeRole): DriverProcess => {
    const found = drivers.find(({ nodes }) => nodes.includes(node));
    if (!found) throw new Error(`This is a bug in the harness: no driver for ${node.id}.`);
    return found.driver;
  };
  return { of: driverOf, connect: (node, to) => connect({ cell, driver: driverOf(node), node, signal, ...to }), stop };
}

function groupByTools(cell: Cell, parts: CellParts): { tools: ToolParts; nodes: NodeRole[] }[] {
  const isKryo = (node: NodeRole) => partsOf(parts, node).resolved.facts.rpc === 'kryo';
  const { nodes } = cell.topology;
  const groups = [
    { tools: parts.modern, nodes: nodes.filter((node) => !isKryo(node)) },
    ...(parts.kryo ? [{ tools: parts.kryo, nodes: nodes.filter(isKryo) }] : []),
  ];
  return groups.filter((group) => group.nodes.length > 0);
}

async function connect(
  input: ConnectTo & { cell: Cell; driver: DriverProcess; node: NodeRole; signal: AbortSignal },
): Promise<void> {
  const { cell, driver, node, provider, space, rpcUser, signal } = input;
  const { id, party } = node;
  const [rpc, h2] = await Promise.all([provider.reach(space, id, 'rpc'), provider.reach(space, id, 'h2')]);
  const request = { id, party, rpc: hostPort(rpc), ...rpcUser, jdbc: jdbcUrl(h2) };
  try {
    await new DriverClient(driver.address, signal).connect({ nodes: [request], limitMs: cell.limits.start });
  } catch (error) {
    if (error instanceof StepError || !(error instanceof DriverCallError)) throw error;
    const words = error.error.chain;
    throw blocked('driver', `${cell.name}: the driver could not reach ${id}: ${error.error.message}`, {
      cause: error,
      words,
    });
  }
}
