import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MetricSample } from '../domain/metric.ts';
import type { Space } from '../providers/provider.ts';
import { attemptEach } from '../providers/space-folder.ts';
import type { CellMetricsOrder } from './cell-metrics.ts';
import type { NodeReader } from './node-logs.ts';
import type { ProvisionedCell } from './provisioner.ts';
import { DOORMAN, DOORMAN_FOLDERS, DOORMAN_REQUESTS } from '../zone/doorman.ts';

/** Files of a node's or service's folder that let a person judge a verdict; `logs/` comes with all that is in it. */
const FILES = ['console.log', 'node.conf'] as const;

export interface KeptOrder extends Omit<CellMetricsOrder, 'evidence'> {
  readonly provider: NodeReader;
  readonly space: Space;
  readonly folder: string;
}

/** What a cell leaves for people before its network goes: files of its nodes, and what was counted. */
export function keptEvidence(order: KeptOrder): Pick<ProvisionedCell, 'collectEvidence' | 'metrics'> {
  const { provider, space, folder } = order;
  let samples: readonly MetricSample[] = [];
  return {
    collectEvidence: async () => {
      const errors = await attemptEach([
        () => collectNodeEvidence(provider, space, folder),
        async () => {
          // Loaded here: no run needs it before its first cell is over.
          const { collectMetrics } = await import('./cell-metrics.ts');
          samples = await collectMetrics({ ...order, evidence: folder });
        },
      ]);
      if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
    },
    metrics: () => samples,
  };
}

/**
 * Copies the logs and configuration of every node and service to `<folder>/<node>/`, as far as they are there. Attempts everything.
 * @throws AggregateError naming each file that could not be copied
 */
export async function collectNodeEvidence(provider: NodeReader, space: Space, folder: string): Promise<void> {
  const residents = [...space.places.keys(), ...space.services.keys()];
  const results = await Promise.allSettled([
    ...residents.map((node) => collect(provider, space, node, folder)),
    ...(space.services.has(DOORMAN) ? [collectStorage(provider, space, folder)] : []),
  ]);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
}

/** What the doorman has stored: its requests, and the names of all files. Its keys stay where they are. */
async function collectStorage(provider: NodeReader, space: Space, folder: string): Promise<void> {
  const lists = await Promise.all(
    DOORMAN_FOLDERS.map(async (below) =>
      (await provider.listFiles(space, DOORMAN, below)).map((name) => `${below}/${name}`),
    ),
  );
  const names = lists.flat();
  const into = join(folder, DOORMAN);
  await mkdir(join(into, DOORMAN_REQUESTS), { recursive: true });
  await writeFile(join(into, 'storage.txt'), names.map((name) => `${name}\n`).join(''));
  for (const name of names.filter((each) => each.startsWith(`${DOORMAN_REQUESTS}/`))) {
    const content = await provider.readFile(space, DOORMAN, name);
    if (content) await writeFile(join(into, name), content);
  }
}

async function collect(provider: NodeReader, space: Space, node: string, folder: string): Promise<void> {
  const logs = await provider.listFiles(space, node, 'logs');
  for (const name of [...FILES, ...logs.map((file) => `logs/${file}`)]) {
    const content = await provider.readFile(space, node, name);
    if (content === undefined) continue;
    const file = join(folder, node, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
