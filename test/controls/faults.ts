import type { Operation } from '../../src/harness/trade/operation.ts';
import type { Finding, Views } from '../../src/harness/trade/views.ts';
import type { Sql } from './sql.ts';

/** A payment of a network at rest that ended well, and its coin in the payee's vault. */
export interface Victim {
  readonly operation: Operation;
  readonly transaction: string;
  /** Where the payee has its row. */
  readonly row: string;
  readonly views: Views;
  readonly notary: string;
}

/** Something that must be found. */
export interface Fault {
  readonly name: string;
  /** At the least. */
  readonly kinds: readonly Finding['kind'][];
  /** Changes what nodes have, or what is asked of them. @returns the views that are judged, where they are not the nodes' own */
  plant(victim: Victim, sql: Sql): Promise<Views | undefined>;
  /** Undoes it. */
  mend?(victim: Victim, sql: Sql): Promise<void>;
}

interface SqlFault extends Pick<Fault, 'name' | 'kinds'> {
  readonly node: (victim: Victim) => string;
  readonly plant: (victim: Victim) => string;
  readonly mend: (victim: Victim) => string;
}

const payee = ({ operation }: Victim): string => operation.to;
const payer = ({ operation }: Victim): string => operation.from;
const notary = ({ notary: node }: Victim): string => node;

/** Rows that are away while a fault is planted. */
function without(table: string, where: (victim: Victim) => string): Pick<SqlFault, 'plant' | 'mend'> {
  return {
    plant: (victim) =>
      `create table kept_rows as select * from ${table} where ${where(victim)}; delete from ${table} where ${where(victim)}`,
    mend: () => `insert into ${table} select * from kept_rows; drop table kept_rows`,
  };
}

function inDatabase({ name, kinds, node, plant, mend }: SqlFault): Fault {
  return {
    name,
    kinds,
    plant: async (victim, sql) => {
      await sql(node(victim), plant(victim));
      return undefined;
    },
    mend: (victim, sql) => sql(node(victim), mend(victim)),
  };
}

const LOG = 'node_notary_committed_states';

export const FAULTS: readonly Fault[] = [
  inDatabase({
    name: 'a coin of the payee is marked as spent',
    kinds: ['conservation', 'vault-differs', 'notary-differs'],
    node: payee,
    plant: ({ row }) => `update vault_states set state_status = 1 where ${row}`,
    mend: ({ row }) => `update vault_states set state_status = 0 where ${row}`,
  }),
  inDatabase({
    name: 'a coin that the payer has spent is marked as unspent',
    kinds: ['conservation', 'vault-differs', 'notary-differs'],
    node: payer,
    plant: (victim) => `update vault_states set state_status = 0 where ${spentBy(victim)}`,
    mend: (victim) => `update vault_states set state_status = 1 where ${spentBy(victim)}`,
  }),
  inDatabase({
    name: 'the amount in the payee’s database is a cent too much',
    kinds: ['rpc-differs'],
    node: payee,
    plant: ({ row }) => `update contract_cash_states set pennies = pennies + 1 where ${row}`,
    mend: ({ row }) => `update contract_cash_states set pennies = pennies - 1 where ${row}`,
  }),
  inDatabase({
    name: 'a coin of the payee is locked by a flow that is over',
    kinds: ['lock-left'],
    node: payee,
    plant: ({ row }) => `update vault_states set lock_id = '00000000-0000-0000-0000-00000000dead' where ${row}`,
    mend: ({ row }) => `update vault_states set lock_id = null where ${row}`,
  }),
  inDatabase({
    name: 'the coin of a payment is gone from the payee’s vault',
    kinds: ['lost-payment', 'conservation', 'vault-differs'],
    node: payee,
    ...without('vault_states', ({ row }) => row),
  }),
  inDatabase({
    name: 'the payee has forgotten the transaction of a payment',
    kinds: ['transaction-missing'],
    node: payee,
    ...without('node_transactions', ({ transaction }) => `tx_id = '${transaction}'`),
  }),
  inDatabase({
    name: 'the payee has not verified the transaction of a payment',
    kinds: ['unverified-transaction'],
    node: payee,
    plant: ({ transaction }) => `update node_transactions set status = 'U' where tx_id = '${transaction}'`,
    mend: ({ transaction }) => `update node_transactions set status = 'V' where tx_id = '${transaction}'`,
  }),
  inDatabase({
    name: 'the notary’s log has lost a payment',
    kinds: ['notary-differs'],
    node: notary,
    ...without(LOG, ({ transaction }) => `consuming_transaction_id = '${transaction}'`),
  }),
  inDatabase({
    name: 'the notary’s log says that another transaction spent a coin',
    kinds: ['unexplained-transaction'],
    node: notary,
    plant: (victim) => otherSpender(victim.transaction, strange(victim)),
    mend: (victim) => otherSpender(strange(victim), victim.transaction),
  }),
  {
    name: 'the driver reports a payment that did not happen',
    kinds: ['lost-payment', 'transaction-missing'],
    plant: (victim) => {
      const { views, operation } = victim;
      const made = {
        operation: { ...operation, id: 'never-made' },
        end: { result: 'ok', transaction: strange(victim) },
      };
      return Promise.resolve({ ...views, journal: [...views.journal, made as Views['journal'][number]] });
    },
  },
  {
    name: 'a payment happens that no operation asks for',
    kinds: ['unexplained-transaction'],
    plant: ({ views, operation }) =>
      Promise.resolve({ ...views, journal: views.journal.filter((each) => each.operation.id !== operation.id) }),
  },
];

function spentBy({ views, transaction }: Victim): string {
  const [commit] = views.notaryLog.flatMap(({ commits }) => commits.filter((one) => one.consumedBy === transaction));
  if (!commit) throw new Error(`the notary never committed ${transaction}`);
  return `transaction_id = '${commit.transaction}' and output_index = ${commit.index}`;
}

function otherSpender(from: string, to: string): string {
  return `update ${LOG} set consuming_transaction_id = '${to}' where consuming_transaction_id = '${from}'`;
}

/** An id that no transaction has. */
function strange({ transaction }: Victim): string {
  return transaction.split('').reverse().join('');
}
