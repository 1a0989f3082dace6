import type { FlowsView } from '../domain/driver-api.ts';
import { judgeKept, sinceBaseline, type Baseline } from './baseline.ts';
import { judgeConservation, judgeOwners, judgeVaults } from './holdings.ts';
import { expectationOf } from './model.ts';
import { judgeNotary } from './notary.ts';
import { judgePayments, judgeUnjournaled } from './payments.ts';
import { Records } from './records.ts';
import type { Finding, JudgedNode, Views } from './records.ts';
import { effective, tracesOf } from './traces.ts';

/**
 * What is wrong with a quiet network, given what was asked of it: nothing, or sentences. Money is judged where it must
 * be, never by the sender's ok. Pure: works on a running network's views as on stored ones.
 *
 * Operations without an ok make ranges, unless they left no trace at all; a fault within such a range can hide from the
 * sums.
 *
 * @param baseline what was there before the first operation; nothing where it is left out
 */
export function judge(views: Views, baseline?: Baseline): readonly Finding[] {
  if (baseline) return [...judgeKept(baseline, views), ...judge(sinceBaseline(baseline, views))];
  const records = new Records(views);
  const traces = tracesOf(records);
  const expectation = expectationOf(effective(records, traces));
  return [
    ...judgeConservation(records, expectation),
    ...judgeVaults(records, expectation),
    ...judgeOwners(records),
    ...judgePayments(records),
    ...judgeUnjournaled(records, traces),
    ...judgeNotary(records),
    ...judgeFlows(records),
  ];
}

function judgeFlows(records: Records): readonly Finding[] {
  const { parties, refusals } = records.views;
  return records.views.flows.flatMap((view) => {
    const { node, flows, checkpoints } = view;
    if (isQuiet(view, { parties, refusals })) return [];
    const running = flows.length > 0 ? `flows in flight: ${flowWords(flows)}` : 'no flow that RPC still lists';
    const message = `${records.name(node)} is not quiet: ${running}; ${checkpoints} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'} left`;
    return [{ kind: 'flow-left', message }];
  });
}

/** Whether a node has no flow in flight and keeps no checkpoint but those that its release is known to keep. */
export function isQuiet(
  { node, flows, checkpoints }: FlowsView,
  {
    parties,
    refusals,
  }: Pick<Views, 'refusals'> & { readonly parties: readonly Pick<JudgedNode, 'id' | 'keepsRefusals'>[] },
): boolean {
  const keeps = parties.find(({ id }) => id === node)?.keepsRefusals ?? false;
  return flows.length === 0 && checkpoints <= (keeps ? (refusals[node] ?? 0) : 0);
}

/** `CashPaymentFlow × 3, NotariseFlow` */
export function flowWords(flows: FlowsView['flows']): string {
  const counts = new Map<string, number>();
  for (const { flow } of flows) {
    const name = flow.split('.').at(-1) ?? flow;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} × ${count}`)).join(', ');
}
