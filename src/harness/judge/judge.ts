import { judgeKept, sinceBaseline } from './baseline.ts';
import {
  judgeConstraints,
  judgeKnownWithoutOk,
  judgeLostWithoutOk,
  judgePayments,
  judgeTraces,
  judgeTransactions,
} from './payments.ts';
import { judgeOwners, judgeSums, effectsOf } from './holdings.ts';
import { judgeNotaries, judgeNotary } from './notary.ts';
import { Records, judgeRows } from './records.ts';
import { type Finding, type Views, isQuiet, flowWords } from '../trade/views.ts';
import { tracesOf } from './traces.ts';
import { worldsOf } from './worlds.ts';
import type { OperationEnd } from '../trade/operation.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import type { Baseline } from '../trade/baseline-file.ts';

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

/** What must hold while nobody knows more of an operation without an ok than that it may have happened. Smallest unit. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const NOTHING: Range = { low: 0, high: 0 };

/** Amounts by node id and currency. */
export type Amounts<T> = ReadonlyMap<string, ReadonlyMap<string, T>>;

/** What each party holds by these operations, whoever issued it, when nothing existed before the first. */
export function holdingsOf(journal: readonly JournaledOperation[]): Amounts<Range> {
  const holdings = new Map<string, Map<string, Range>>();
  for (const { operation, end } of journal) {
    for (const { on, node, currency, amount } of effectsOf(operation)) {
      if (on !== 'holdings') continue;
      const ofNode = holdings.get(node) ?? new Map<string, Range>();
      const { low, high } = ofNode.get(currency) ?? NOTHING;
      const more = ifCertain(amount, end);
      holdings.set(node, ofNode.set(currency, { low: low + more.low, high: high + more.high }));
    }
  }
  return holdings;
}

/** @returns the range of one node and currency; zero where no operation touched it */
export function rangeOf(amounts: Amounts<Range>, node: string, currency: string): Range {
  return amounts.get(node)?.get(currency) ?? NOTHING;
}

/** Money may have moved although the flow failed, so only an ok is certain. */
function ifCertain(amount: number, end: OperationEnd): Range {
  if (end.result === 'ok') return { low: amount, high: amount };
  return { low: Math.min(0, amount), high: Math.max(0, amount) };
}
