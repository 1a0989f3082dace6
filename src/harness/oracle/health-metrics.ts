import { Gauge, Histogram, type Registry } from 'prom-client';
import type { JvmView } from '../domain/driver-views.ts';
import type { Notarisation } from '../domain/operation.ts';
import type { SeenNode } from './health.ts';

/** What is known of how a cell's nodes are. */
export interface HealthRecords {
  readonly nodes: readonly SeenNode[];
  readonly notarisations: readonly Notarisation[];
}

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Adds them to what is counted of the cell. What a release does not count is left out. */
export function addHealth(registry: Registry, { nodes, notarisations }: HealthRecords): void {
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: readonly Label[]) =>
    new Gauge({ name: `corda_compat_${name}`, help, labelNames: ['node', 'release', ...labelNames], registers });
  const answer = gauge('rpc_answer_seconds', 'How long an RPC call took.');
  const clock = gauge('clock_offset_seconds', 'How far the clock of a node is ahead of its driver’s.');
  const heap = gauge('heap_bytes', 'Heap of a node: used, live (after collections), max.', 'state');
  const collections = gauge('gc_seconds', 'What garbage collections of a node took since it started.');
  const pool = gauge('pool_connections', 'Database connections of a node: active, waiting, total, max.', 'state');
  for (const { id: node, release, view } of nodes) {
    const labels = { node, release };
    answer.set(labels, view.answeredMs / 1000);
    clock.set(labels, view.clockOffsetMs / 1000);
    if (!view.jvm) continue;
    for (const [state, bytes] of heapOf(view.jvm)) heap.set({ ...labels, state }, bytes);
    collections.set(labels, view.jvm.collectionsMs / 1000);
    for (const [state, count] of Object.entries(view.jvm.pool ?? {})) pool.set({ ...labels, state }, Number(count));
  }

  const notarised = new Histogram({
    name: 'corda_compat_notarisation_seconds',
    help: 'How long it took to have a state of no value notarised.',
    labelNames: ['from', 'notary', 'from_release', 'notary_release'],
    buckets: SECONDS,
    registers,
  });
  for (const { from, notary, fromRelease, notaryRelease, tookMs } of notarisations) {
    notarised.observe({ from, notary, from_release: fromRelease, notary_release: notaryRelease }, tookMs / 1000);
  }
}

function heapOf({ heapUsedBytes, heapLiveBytes, heapMaxBytes }: JvmView): readonly (readonly [string, number])[] {
  return [
    ['used', heapUsedBytes],
    ['live', heapLiveBytes],
    ['max', heapMaxBytes],
  ];
}
