import {
  cashCommits,
  onRow,
  underAnother,
  withCommits,
  cancelling,
  constrained,
  issuedCoins,
  isToldOf,
  notOfItsHolder,
  onCoin,
  onPayment,
  sameDirection,
} from './fault-places.ts';
import { pickFrom, change, changeTold, forgetAt, loseAt } from './planted-faults.ts';
import { refOf, type Finding, type Views } from '../trade/views.ts';

/** A fault in an honest world. `which` coin or operation, and the amount, are random. */
interface FaultClass {
  readonly name: string;
  /** At least one finding is of one of these kinds. */
  readonly caughtAs: readonly Finding['kind'][];
  /** Whether the oracle finds it even if no database was read. */
  readonly byRpcAlone: boolean;
  /** Undefined if this world has no place for it, or if the result is another honest world. */
  readonly plant: (views: Views, which: number, by: number) => Views | undefined;
}

/** Faults between vaults and their notaries. */
const NOTARY_FAULT_CLASSES: readonly FaultClass[] = [
  {
    name: 'a state spent twice',
    caughtAs: ['double-spend'],
    byRpcAlone: true,
    plant: (views, which) => {
      const commit = pickFrom(cashCommits(views), which);
      return commit && withCommits(views, commit, (commits) => [...commits, { ...commit, consumedBy: 'T-other' }]);
    },
  },
  {
    name: "the notary's log cut",
    caughtAs: ['notary-differs', 'unexplained-transaction'],
    byRpcAlone: false,
    plant: (views, which) => {
      const cut = pickFrom(cashCommits(views), which);
      return cut && withCommits(views, cut, (commits) => commits.slice(0, commits.indexOf(cut)));
    },
  },
  {
    name: 'a coin spent at a notary that is not its own',
    caughtAs: ['notary-differs'],
    byRpcAlone: false,
    plant: (views, which) => {
      const strayed = pickFrom(cashCommits(views), which);
      if (!strayed) return undefined;
      const notaryLog = views.notaryLog.map((log) => ({
        ...log,
        commits: log.commits.includes(strayed)
          ? log.commits.filter((commit) => commit !== strayed)
          : [...log.commits, strayed],
      }));
      return { ...views, notaryLog };
    },
  },
  {
    name: 'a coin issued under another notary than was asked for',
    caughtAs: ['transaction-differs'],
    byRpcAlone: true,
    plant: (views, which) => {
      const named = views.journal.flatMap(({ operation, end }) =>
        operation.notary !== undefined && end.result === 'ok' ? [end.transaction] : [],
      );
      const coins = views.vaults
        .flatMap(({ states }) => states)
        .filter(({ transaction }) => named.includes(transaction));
      const coin = pickFrom(coins, which);
      return coin && underAnother(views, refOf(coin));
    },
  },
  {
    name: 'a notary that RPC tells in another way than the database',
    caughtAs: ['rpc-differs'],
    byRpcAlone: false,
    plant: (views, which) =>
      onRow(views, which, { ofSpent: false }, (row) => [{ ...row, notary: 'O=Stranger, L=London, C=GB' }]),
  },
  {
    name: 'a state spent by one transaction in the vault and by another at the notary',
    caughtAs: ['notary-differs'],
    byRpcAlone: false,
    plant: (views, which) =>
      onRow(views, which, { ofSpent: true }, (row) =>
        row.consumedBy === undefined ? undefined : [{ ...row, consumedBy: 'T-other' }],
      ),
  },
];

/** Every class of fault that the judge must catch, with how. */
export const FAULT_CLASSES: readonly FaultClass[] = [
  ...NOTARY_FAULT_CLASSES,
  {
    name: 'a coin removed from a vault',
    caughtAs: ['conservation'],
    byRpcAlone: true,
    plant: (views, which) => onCoin(views, which, (ref) => change(views, ref, () => [])),
  },
  {
    name: 'an amount changed',
    caughtAs: ['conservation'],
    byRpcAlone: true,
    plant: (views, which, by) =>
      onCoin(views, which, (ref) => change(views, ref, (coin) => [{ ...coin, amount: coin.amount + by }])),
  },
  {
    name: 'two amounts changed so that no sum differs',
    caughtAs: ['transaction-differs'],
    byRpcAlone: false,
    plant: cancelling,
  },
  {
    name: 'a coin twice',
    // Beside an exit without an ok the sum may be right: as if half of it had been the exit's, which its transaction was not.
    caughtAs: ['conservation', 'transaction-differs'],
    byRpcAlone: true,
    plant: (views, which) =>
      onCoin(views, which, (ref) => change(views, ref, (coin) => [coin, { ...coin, index: coin.index + 99 }])),
  },
  {
    name: 'a coin of another party',
    caughtAs: ['foreign-coin'],
    byRpcAlone: true,
    plant: (views, which) =>
      onCoin(views, which, (ref) => changeTold(views, ref, (coin) => [{ ...coin, owner: notOfItsHolder(views, ref) }])),
  },
  {
    name: 'a payment reported as done that never was',
    caughtAs: ['notary-differs'],
    byRpcAlone: true,
    plant: (views, which) =>
      onPayment(views, which, ({ operation }) => ({
        ...views,
        journal: [
          ...views.journal,
          { operation: { ...operation, id: 'dropped' }, end: { result: 'ok', transaction: 'T-dropped' } },
        ],
      })),
  },
  {
    name: 'a payment done twice',
    caughtAs: ['unexplained-transaction', 'vault-differs'],
    byRpcAlone: true,
    plant: (views, which) =>
      onPayment(views, which, (entry) =>
        views.journal.some((other) => other.end.result !== 'ok' && sameDirection(other, entry))
          ? undefined
          : { ...views, journal: views.journal.filter((other) => other !== entry) },
      ),
  },
  {
    name: 'a payment lost',
    // A coin that its payee has spent since cannot be missed in a vault without history.
    caughtAs: ['lost-payment', 'transaction-missing'],
    byRpcAlone: true,
    plant: (views, which) =>
      onPayment(views, which, ({ operation }, transaction) => loseAt(views, operation.to, transaction)),
  },
  {
    name: 'a transaction that its payer does not know',
    caughtAs: ['transaction-missing'],
    byRpcAlone: true,
    plant: (views, which) =>
      onPayment(views, which, ({ operation }, transaction) => forgetAt(views, operation.from, transaction)),
  },
  {
    name: 'a transaction that its payee does not know',
    caughtAs: ['transaction-missing', 'lost-payment'],
    byRpcAlone: true,
    plant: (views, which) =>
      onPayment(views, which, ({ operation }, transaction) => forgetAt(views, operation.to, transaction)),
  },
  {
    name: 'a transaction that the validating notary does not know',
    caughtAs: ['transaction-missing'],
    byRpcAlone: true,
    plant: (views, which) => {
      const ofValidating = views.notaryLog.find(({ node }) => node === 'notary')?.commits ?? [];
      const commits = cashCommits(views).filter((one) => ofValidating.includes(one));
      const commit = pickFrom(commits, which);
      return commit && forgetAt(views, 'notary', commit.transaction);
    },
  },
  {
    name: 'a spent state removed from the database',
    caughtAs: ['notary-differs'],
    byRpcAlone: false,
    // If neither the operation that made a state nor the one that spent it got an ok, both may not have happened.
    plant: (views, which) => onRow(views, which, { ofSpent: true }, (row) => (isToldOf(views, row) ? [] : undefined)),
  },
  {
    name: 'a coin that RPC tells and the database has not',
    caughtAs: ['rpc-differs'],
    byRpcAlone: false,
    plant: (views, which) => onRow(views, which, { ofSpent: false }, () => []),
  },
  {
    name: 'an amount that RPC tells in another way than the database',
    caughtAs: ['rpc-differs'],
    byRpcAlone: false,
    plant: (views, which, by) =>
      onRow(views, which, { ofSpent: false }, (row) => [{ ...row, amount: row.amount + by }]),
  },
  {
    name: 'a constraint that RPC tells in another way than the database',
    caughtAs: ['rpc-differs'],
    byRpcAlone: false,
    plant: (views, which) =>
      onRow(views, which, { ofSpent: false }, (row) =>
        row.constraint === undefined ? undefined : [{ ...row, constraint: 'signature' }],
      ),
  },
  {
    name: 'a coin issued with another constraint than all others',
    caughtAs: ['constraint-differs'],
    byRpcAlone: true,
    plant: (views, which) => {
      const issued = issuedCoins(views);
      const coin = pickFrom(issued, which);
      return coin && issued.length > 1 ? constrained(views, refOf(coin), 'hash') : undefined;
    },
  },
  {
    name: 'a lock left',
    caughtAs: ['lock-left'],
    byRpcAlone: false,
    plant: (views, which) => onRow(views, which, { ofSpent: false }, (row) => [{ ...row, lock: 'a flow' }]),
  },
  {
    name: 'a transaction left unverified',
    caughtAs: ['unverified-transaction'],
    byRpcAlone: true,
    plant: (views, which) => ({
      ...views,
      transactions: views.transactions.map((view, place) =>
        place === which % views.transactions.length ? { ...view, unverified: ['T-unverified'] } : view,
      ),
    }),
  },
  {
    name: 'a flow left',
    caughtAs: ['flow-left'],
    byRpcAlone: true,
    plant: (views, which) => ({
      ...views,
      flows: views.flows.map((view, place) =>
        place === which % views.flows.length ? { ...view, checkpoints: 1 } : view,
      ),
    }),
  },
];
