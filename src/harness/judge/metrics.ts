import { Counter, Gauge, Registry } from 'prom-client';
import type { Finding, Views } from '../trade/views.ts';

/** The views of a cell's trade. Views that were not read are absent. */
export type TradeViews = Pick<Views, 'journal' | 'refusals'> & Partial<Views>;

/** Figures of a cell's trade: operations from the journal, money and states from the nodes' views, and findings. */
export function tradeMetrics(views: TradeViews, findings: readonly Finding[] = []): Registry {
  const registry = new Registry();
  const registers = [registry];
  const releases = new Map((views.parties ?? []).map(({ id, release }) => [id, release]));
  const ofNode = (node: string) => ({ node, release: releases.get(node) ?? '' });

  const operations = new Counter({
    name: 'corda_compat_operations_total',
    help: 'Operations of the suites by result: ok, failed, unknown.',
    labelNames: ['kind', 'from', 'to', 'from_release', 'to_release', 'result'],
    registers,
  });
  for (const { operation, end } of views.journal) {
    const { kind, from, to, fromRelease, toRelease } = operation;
    operations.inc({ kind, from, to, from_release: fromRelease, to_release: toRelease, result: end.result });
  }

  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge<Label>({ name: `corda_compat_${name}`, help, labelNames, registers });
  const perNode = ['node', 'release'] as const;

  const money = gauge('vault_minor_units', 'Unspent money in a vault, in the smallest unit of its currency.', [
    ...perNode,
    'currency',
  ]);
  const states = gauge('vault_states', 'Unspent cash states in a vault.', perNode);
  for (const vault of views.vaults ?? []) {
    states.set(ofNode(vault.node), vault.states.length);
    for (const { currency, amount } of vault.states) money.inc({ ...ofNode(vault.node), currency }, amount);
  }

  const commits = gauge('notary_commits', 'States that a notary has committed as spent.', perNode);
  for (const log of views.notaryLog ?? []) commits.set(ofNode(log.node), log.commits.length);
  const refusals = gauge('notary_refusals', 'Double spends that a notary has refused.', perNode);
  for (const [node, count] of Object.entries(views.refusals)) refusals.set(ofNode(node), count);

  const flows = gauge('flows_in_flight', 'Flows that a node still had after all trade.', perNode);
  const checkpoints = gauge('checkpoints', 'Checkpoints that a node still had after all trade.', perNode);
  for (const view of views.flows ?? []) {
    flows.set(ofNode(view.node), view.flows.length);
    checkpoints.set(ofNode(view.node), view.checkpoints);
  }

  const found = gauge('findings', 'Findings of the oracle by kind.', ['kind']);
  for (const { kind } of findings) found.inc({ kind });
  return registry;
}

/** The same as plain values. */
export async function samplesOf(registry: Registry): Promise<readonly MetricSample[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, values }) =>
    // A histogram's values have names of their own.
    values.map(({ labels, value, ...more }) => ({
      name: 'metricName' in more && typeof more.metricName === 'string' ? more.metricName : name,
      labels: Object.fromEntries(Object.entries(labels).map(([label, text]) => [label, String(text)])),
      value,
    })),
  );
}

/** A figure as Prometheus counts it. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
