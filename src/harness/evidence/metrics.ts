import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pushgateway, Registry } from 'prom-client';
import type { DriverAddress, LeasedNode } from '../lease/lease.ts';
import { type MetricSample, samplesOf, tradeMetrics } from '../judge/metrics.ts';
import { DriverClient } from '../lease/driver-client.ts';
import type { JournalContents } from '../trade/journal.ts';
import { judge } from '../judge/judge.ts';
import { addHealth, type SeenNode } from '../judge/health.ts';
import { withJournal } from '../trade/views.ts';
import { baselineIn, journalIn, unlessUnreadable, viewsIn } from './stored-cell.ts';
import { messageOf } from '../support/words.ts';

/** Figures of a cell, and of each driver in the driver's folder, in Prometheus' text format. */
export const METRICS_FILE = 'metrics.prom';

/** Health of the nodes at the end of the suites. */
export const HEALTH_FILE = 'health.json';

const JOB = 'corda_compat';
const PUSH_LIMIT_MS = 10_000;
/** Short, since a user who stops the run waits for it. */
const DRIVER_LIMIT_MS = 5_000;

export interface CellMetricsOrder {
  readonly cell: string;
  /** Folder of the cell's evidence. */
  readonly evidence: string;
  /** By their names in the space. */
  readonly drivers: ReadonlyMap<string, DriverAddress>;
  /** Nodes whose health is read. */
  readonly nodes: readonly Pick<LeasedNode, 'id' | 'release' | 'driver'>[];
  /** URL of a push gateway; absent if there is none. */
  readonly gateway?: string | undefined;
  readonly say: (text: string) => void;
}

/** Writes the figures of a cell, while its drivers still run. @returns the oracle's figures */
export async function collectMetrics(order: CellMetricsOrder): Promise<readonly MetricSample[]> {
  const { evidence, drivers } = order;
  const counters = [...drivers].map(([name, address]) => keepDriverMetrics(join(evidence, name), address));
  const [nodes] = await Promise.all([keepHealth(order), ...counters]);
  const journal = await unlessUnreadable(journalIn(evidence));
  if (!journal && nodes.length === 0) return [];
  const registry = journal ? await tradeOf(evidence, journal) : new Registry();
  addHealth(registry, { nodes, notarisations: journal?.notarisations ?? [] });
  await writeFile(join(evidence, METRICS_FILE), await registry.metrics());
  await push(registry, order);
  return await samplesOf(registry);
}

/** Nodes that do not answer any more are left out. */
async function keepHealth({ evidence, nodes }: CellMetricsOrder): Promise<readonly SeenNode[]> {
  const asked = nodes.map(async ({ id, release, driver }): Promise<readonly SeenNode[]> => {
    const client = new DriverClient({ ...driver, outageMs: 0 }, AbortSignal.timeout(DRIVER_LIMIT_MS));
    const view = await client.health(id).catch(() => undefined);
    return view ? [{ id, release, view }] : [];
  });
  const seen = (await Promise.all(asked)).flat();
  if (seen.length > 0) await writeFile(join(evidence, HEALTH_FILE), `${JSON.stringify(seen, undefined, 2)}\n`);
  return seen;
}

/** The counters of a driver that has ended are lost. */
async function keepDriverMetrics(folder: string, address: DriverAddress): Promise<void> {
  const driver = new DriverClient({ ...address, outageMs: 0 }, AbortSignal.timeout(DRIVER_LIMIT_MS));
  const text = await driver.metrics().catch(() => undefined);
  if (text === undefined) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, METRICS_FILE), text);
}

/** For a cell whose vaults were not read: figures of its operations alone. */
async function tradeOf(folder: string, journal: JournalContents): Promise<Registry> {
  const views = await unlessUnreadable(viewsIn(folder));
  if (!views) return tradeMetrics({ journal: journal.operations, refusals: journal.refusals });
  const all = withJournal(journal, views);
  return tradeMetrics(all, judge(all, await unlessUnreadable(baselineIn(folder))));
}

/** A push that fails changes no verdict: the run prints it and goes on. */
async function push(registry: Registry, { cell, gateway, say }: CellMetricsOrder): Promise<void> {
  if (!gateway) return;
  try {
    const options = { timeout: PUSH_LIMIT_MS };
    await new Pushgateway(gateway, options, registry).push({ jobName: JOB, groupings: { cell } });
  } catch (error) {
    say(`the run failed to push metrics to ${new URL(gateway).host}: ${messageOf(error)}`);
  }
}
