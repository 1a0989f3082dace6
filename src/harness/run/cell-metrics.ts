import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pushgateway, type Registry } from 'prom-client';
import type { DriverAddress } from '../domain/lease.ts';
import type { MetricSample } from '../domain/metric.ts';
import { DriverClient } from '../drivers/driver-client.ts';
import { judge } from '../oracle/judge.ts';
import { samplesOf, tradeMetrics } from '../oracle/metrics.ts';
import { baselineIn, journalIn, unlessUnreadable, viewsIn } from './stored-cell.ts';

/** Figures of a cell, and in the folder of each driver what that one counted: Prometheus' text format. */
export const METRICS_FILE = 'metrics.prom';

const JOB = 'corda_compat';
const PUSH_LIMIT_MS = 10_000;
/** Whoever has stopped the run waits for it. */
const DRIVER_LIMIT_MS = 5_000;

export interface CellMetricsOrder {
  readonly cell: string;
  /** Folder of the cell's evidence. */
  readonly evidence: string;
  /** By their names in the space. */
  readonly drivers: ReadonlyMap<string, DriverAddress>;
  /** Of a push gateway, where there is one. */
  readonly gateway?: string | undefined;
  readonly say: (text: string) => void;
}

/** Writes what was counted of a cell; the drivers must still be there. @returns what the oracle counted */
export async function collectMetrics(order: CellMetricsOrder): Promise<readonly MetricSample[]> {
  const { evidence, drivers } = order;
  await Promise.all([...drivers].map(([name, address]) => keepDriverMetrics(join(evidence, name), address)));
  const registry = await tradeOf(evidence);
  if (!registry) return [];
  await writeFile(join(evidence, METRICS_FILE), await registry.metrics());
  await push(registry, order);
  return await samplesOf(registry);
}

/** A driver that is gone has taken its counters along. */
async function keepDriverMetrics(folder: string, address: DriverAddress): Promise<void> {
  const driver = new DriverClient({ ...address, outageMs: 0 }, AbortSignal.timeout(DRIVER_LIMIT_MS));
  const text = await driver.metrics().catch(() => undefined);
  if (text === undefined) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, METRICS_FILE), text);
}

/** Of a cell whose vaults nobody looked into, its operations alone; `undefined` where there were none. */
async function tradeOf(folder: string): Promise<Registry | undefined> {
  const journal = await unlessUnreadable(journalIn(folder));
  if (!journal) return undefined;
  const { operations, refusals } = journal;
  const views = await unlessUnreadable(viewsIn(folder));
  if (!views) return tradeMetrics({ journal: operations, refusals });
  const all = { journal: operations, refusals, ...views };
  return tradeMetrics(all, judge(all, await unlessUnreadable(baselineIn(folder))));
}

/** Figures that nobody gets are no verdict: it is said, and the run goes on. */
async function push(registry: Registry, { cell, gateway, say }: CellMetricsOrder): Promise<void> {
  if (!gateway) return;
  try {
    const options = { timeout: PUSH_LIMIT_MS };
    await new Pushgateway(gateway, options, registry).push({ jobName: JOB, groupings: { cell } });
  } catch (error) {
    say(
      `metrics could not be pushed to ${new URL(gateway).host}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
