import { formatMoney } from './money.ts';
import { describe, nounOf } from './payments.ts';
import type { Records } from './records.ts';
import { refOf, type Finding } from './views.ts';

/** Every coin is spent at its own notary, and has the notary that was asked for. */
export function judgeNotaries(records: Records): readonly Finding[] {
  return [...judgePlace(records), ...judgeAsked(records)];
}

/** Another notary than a coin's own knows nothing of its earlier spending. */
function judgePlace(records: Records): readonly Finding[] {
  const parties = new Map(records.views.parties.map(({ id, party, notarisesAs }) => [id, notarisesAs ?? party]));
  return records.views.notaryLog.flatMap(({ node, commits }) =>
    commits.flatMap((commit) => {
      const coin = records.coin(refOf(commit));
      if (coin?.notary === undefined || coin.notary === (parties.get(node) ?? coin.notary)) return [];
      const what = `${formatMoney(coin.amount, coin.currency)} in the vault of ${records.name(coin.holder)} (${refOf(coin)})`;
      const message = `${what} was spent by ${commit.consumedBy} at ${records.name(node)}, but its notary is ${records.name(records.idOf(coin.notary))}`;
      return [{ kind: 'notary-differs' as const, message }];
    }),
  );
}

/** Told as done means that the money is under the notary that was named. */
function judgeAsked(records: Records): readonly Finding[] {
  return [...records.byTransaction].flatMap(([transaction, { operation }]) => {
    const { kind, notary } = operation;
    if (notary === undefined) return [];
    return records.outputsOf(transaction).flatMap((coin) => {
      if (coin.notary === undefined || records.idOf(coin.notary) === notary) return [];
      const message = `the ${nounOf(kind)} of ${describe(records, operation)} was to be under ${records.name(notary)}, but ${refOf(coin)} is under ${records.name(records.idOf(coin.notary))}`;
      return [{ kind: 'transaction-differs' as const, message }];
    });
  });
}
