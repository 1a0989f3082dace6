import type { CashState, VaultRowsView } from '../lease/driver-api.ts';
import type { JournaledOperation } from '../trade/journal.ts';
import { formatMoney } from './holdings.ts';
import { BEFORE, isAnonymous, refOf, type Finding, type Views } from '../trade/views.ts';
import type { Baseline } from '../trade/baseline-file.ts';

/**
 * The views as if nothing had existed before: what the notary had committed at the baseline is left out, and every
 * coin that lay in a vault then is an operation that was asked for. What was wrong at the baseline is not found again.
 */
export function sinceBaseline(baseline: Baseline, views: Views): Views {
  const { releaseOf, idOf } = namesOf(views);
  const foreign = new Set<string>();
  const coins: JournaledOperation[] = [];
  for (const { holder, state } of coinsOf(baseline)) {
    if (idOf(state.owner) !== holder && !isAnonymous(state)) foreign.add(keyOf({ holder, state }));
    else coins.push(asOperation({ holder, state }, { from: idOf(state.issuer), releaseOf }));
  }
  const commits = new Set(commitsOf(baseline).map(({ key }) => key));
  return {
    ...views,
    journal: [...coins, ...views.journal],
    refusals: refusalsSince(baseline, views),
    vaults: views.vaults.map((vault) => ({
      ...vault,
      states: vault.states.filter((state) => !foreign.has(keyOf({ holder: vault.node, state }))),
    })),
    ...(views.rows && { rows: rowsSince(baseline, views.rows, foreign) }),
    notaryLog: views.notaryLog.map((log) => ({
      ...log,
      commits: log.commits.filter((commit) => !commits.has(commitKey(log.node, commit))),
    })),
  };
}

/** The coins of a vault before the suites, without spent ones and without coins of other parties. */
function rowsSince(baseline: Baseline, views: readonly VaultRowsView[], foreign: ReadonlySet<string>) {
  const lay = new Map(coinsOf(baseline).map((coin) => [`${coin.holder} ${refOf(coin.state)}`, keyOf(coin)]));
  const spent = new Set(commitsOf(baseline).map(({ ref }) => ref));
  const known = new Map(baseline.transactions.map(({ node, transactions }) => [node, new Set(transactions)]));
  return views.map(({ node, rows }) => ({
    node,
    rows: rows.filter((row) => {
      const coin = lay.get(`${node} ${refOf(row)}`);
      if (coin !== undefined) return !foreign.has(coin);
      return !spent.has(refOf(row)) && !known.get(node)?.has(row.transaction);
    }),
  }));
}

/** Checks that the baseline is still there: its coins, unless a notary committed their spend, and all records of the nodes. */
export function judgeKept(baseline: Baseline, views: Views): readonly Finding[] {
  return [...judgeCoins(baseline, views), ...judgeKnown(baseline, views), ...judgeCommits(baseline, views)];
}

/** With the refusals that a notary had kept the checkpoints of before. */
export function refusalsSince(
  { flows }: Pick<Baseline, 'flows'>,
  { refusals, parties }: Pick<Views, 'refusals' | 'parties'>,
): Views['refusals'] {
  const keeping = parties.filter(({ keepsRefusals }) => keepsRefusals);
  const before = (id: string): number => flows.find(({ node }) => node === id)?.checkpoints ?? 0;
  return { ...refusals, ...Object.fromEntries(keeping.map(({ id }) => [id, (refusals[id] ?? 0) + before(id)])) };
}

function judgeCoins(baseline: Baseline, views: Views): readonly Finding[] {
  const { name } = namesOf(views);
  const now = new Map(coinsOf(views).map((coin) => [`${coin.holder} ${refOf(coin.state)}`, coin]));
  const spent = new Set(views.notaryLog.flatMap(({ commits }) => commits.map(refOf)));
  return coinsOf(baseline).flatMap((coin): Finding[] => {
    const { holder, state } = coin;
    const found = now.get(`${holder} ${refOf(state)}`);
    if (found && keyOf(found) === keyOf(coin)) return [];
    // Without the notary's log, only the sums show it.
    if (!found && (views.notaryLog.length === 0 || spent.has(refOf(state)))) return [];
    const what = `the ${formatMoney(state.amount, state.currency)} that was in the vault of ${name(holder)} ${BEFORE} (${refOf(state)})`;
    const message = found
      ? `${what} have become ${formatMoney(found.state.amount, found.state.currency)} issued by ${found.state.issuer}, owned by ${found.state.owner}`
      : `${what} are gone, but the notary never saw them spent`;
    return [{ kind: 'vault-differs', message }];
  });
}

function judgeKnown(baseline: Baseline, views: Views): readonly Finding[] {
  const { name } = namesOf(views);
  const now = new Map(views.transactions.map(({ node, transactions }) => [node, new Set(transactions)]));
  return baseline.transactions.flatMap(({ node, transactions }): Finding[] => {
    const forgotten = transactions.filter((transaction) => !now.get(node)?.has(transaction));
    if (forgotten.length === 0) return [];
    const message = `${name(node)} has forgotten ${forgotten.length} of the transactions that it knew ${BEFORE} (${some(forgotten)})`;
    return [{ kind: 'transaction-missing', message }];
  });
}

function judgeCommits(baseline: Baseline, views: Views): readonly Finding[] {
  const { name } = namesOf(views);
  const now = new Set(commitsOf(views).map(({ key }) => key));
  const forgotten = commitsOf(baseline).filter(({ key }) => !now.has(key));
  return baseline.notaryLog.flatMap(({ node }): Finding[] => {
    const refs = forgotten.filter((commit) => commit.node === node).map(({ ref }) => ref);
    if (refs.length === 0) return [];
    const message = `${name(node)} no longer names the spending transactions of ${refs.length} of the states that were spent ${BEFORE} (${some(refs)})`;
    return [{ kind: 'notary-differs', message }];
  });
}

interface Coin {
  readonly holder: string;
  readonly state: CashState;
}

function coinsOf({ vaults }: Pick<Views, 'vaults'>): readonly Coin[] {
  return vaults.flatMap(({ node, states }) => states.map((state) => ({ holder: node, state })));
}

/** All that must not change of a coin. */
function keyOf({ holder, state }: Coin): string {
  const { amount, currency, issuer, owner } = state;
  return JSON.stringify([holder, refOf(state), amount, currency, issuer, owner]);
}

/** For the sums it counts as an issue to the present holder. */
function asOperation(
  { holder, state }: Coin,
  { from, releaseOf }: { from: string; releaseOf: (id: string) => string },
): JournaledOperation {
  const { transaction, amount, currency } = state;
  const releases = { fromRelease: releaseOf(from), toRelease: releaseOf(holder) };
  const id = `before-${holder}-${refOf(state)}`;
  return {
    operation: { id, kind: 'issue', from, to: holder, ...releases, amount, currency, by: BEFORE },
    end: { result: 'ok', transaction },
  };
}

function commitsOf({ notaryLog }: Pick<Views, 'notaryLog'>) {
  return notaryLog.flatMap(({ node, commits }) =>
    commits.map((commit) => ({ node, ref: refOf(commit), key: commitKey(node, commit) })),
  );
}

function commitKey(
  node: string,
  commit: { readonly transaction: string; readonly index: number; readonly consumedBy: string },
): string {
  return `${node} ${refOf(commit)} ${commit.consumedBy}`;
}

function namesOf({ parties }: Pick<Views, 'parties'>) {
  const releases = new Map(parties.map(({ id, release }) => [id, release]));
  const byParty = new Map(parties.map(({ id, party }) => [party, id]));
  return {
    releaseOf: (id: string): string => releases.get(id) ?? '',
    name: (id: string): string => (releases.has(id) ? `${releases.get(id)} (${id})` : id),
    idOf: (party: string): string => byParty.get(party) ?? party,
  };
}

/** Enough to find them. */
function some(refs: readonly string[]): string {
  return refs.length > 3 ? `${refs.slice(0, 3).join(', ')}, …` : refs.join(', ');
}
