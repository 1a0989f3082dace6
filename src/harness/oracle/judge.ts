import type { FlowsView } from '../domain/driver-views.ts';
import { judgeKept, sinceBaseline, type Baseline } from './baseline.ts';
import { judgeConstraints } from './constraints.ts';
import { judgeOwners, judgeSums } from './holdings.ts';
import { judgeNotaries } from './notaries.ts';
import { judgeNotary } from './notary.ts';
import { judgeKnownWithoutOk, judgeLostWithoutOk, judgePayments } from './payments.ts';
import { Records } from './records.ts';
import type { Finding, JudgedNode, Views } from './views.ts';
import { judgeRows } from './rows.ts';
import { tracesOf } from './traces.ts';
import { judgeTraces, judgeTransactions } from './transactions.ts';
import { worldsOf } from './worlds.ts';

/**
 * What is wrong with a quiet network, given what was asked of it: nothing, or sentences. Money is judged where it must
 * be, never by the sender's ok. Pure: works on a running network's views as on stored ones.
 *
 * An operation without an ok may have happened or not. Its traces tell which; what they leave open is branched, and there
 * must be one world in which everything fits (worlds.ts).
 *
 * @param baseline what was there before the first operation; nothing where it is left out
 */
export function judge(views: Views, baseline?: Baseline): readonly Finding[] {
  if (baseline) return [...judgeKept(baseline, views), ...judge(sinceBaseline(baseline, views))];
  const records = new Records(views);
  const { found, undecided } = tracesOf(records);
  const leavesTraces = records.notaryWasRead;
  const worlds = worldsOf({ journal: views.journal, undecided, traces: found, leavesTraces });
  return [
    ...judgeSums(records, worlds),
    ...judgeOwners(records),
    ...judgePayments(records),
    ...judgeLostWithoutOk(records, found),
    ...judgeKnownWithoutOk(records, found),
    ...judgeTransactions(records),
    ...judgeTraces(records, { found, surplus: worlds.surplus }),
    ...judgeNotary(records, found),
    ...judgeNotaries(records),
    ...judgeRows(records),
    ...judgeConstraints(records),
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
