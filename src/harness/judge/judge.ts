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
 * Judges a quiet network by its operations. The vaults that must hold the money decide, never the sender's ok. Pure: it judges
 * views of a running network and stored ones alike.
 *
 * An operation without an ok may have happened or not. Its traces tell which. If they leave it open, the oracle tries all
 * possible worlds, and in one of them everything must fit (worlds.ts).
 *
 * @param baseline the network before the first operation; default: nothing
 * @returns findings; none if all is well
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

/** The range of each party's holdings, if operations without an ok may have happened or not. In the smallest unit. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const NOTHING: Range = { low: 0, high: 0 };

/** Amounts by node id and currency. */
export type Amounts<T> = ReadonlyMap<string, ReadonlyMap<string, T>>;

/** The holdings of each party by these operations, of all issuers, on a network that was empty before. */
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

/** @returns the range of one node and currency; zero if no operation touched it */
export function rangeOf(amounts: Amounts<Range>, node: string, currency: string): Range {
  return amounts.get(node)?.get(currency) ?? NOTHING;
}

/** Money may have moved although the flow failed, so only an ok is certain. */
function ifCertain(amount: number, end: OperationEnd): Range {
  if (end.result === 'ok') return { low: amount, high: amount };
  return { low: Math.min(0, amount), high: Math.max(0, amount) };
}
