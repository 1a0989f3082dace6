import { cashCommits, onRow, underAnother, withCommits } from './fault-places.ts';
import { pickFrom } from './planted-faults.ts';
import { refOf, type Finding, type Views } from './views.ts';

/** What is planted into an honest world: `which` coin or operation, and by how much, are random. */
export interface FaultClass {
  readonly name: string;
  /** At least one finding is of one of these kinds. */
  readonly caughtAs: readonly Finding['kind'][];
  /** Whether it is found where no database was read as well. */
  readonly byRpcAlone: boolean;
  /** Undefined where this world has nothing to plant it into, or where it would make another honest world. */
  readonly plant: (views: Views, which: number, by: number) => Views | undefined;
}

/** What can go wrong between vaults and their notaries. */
export const NOTARY_FAULT_CLASSES: readonly FaultClass[] = [
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
