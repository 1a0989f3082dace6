import { brief, carryOut, expect, planOperations, randomOf, test } from '../../fixtures/index.ts';
import type { Random } from '../../fixtures/random-operations.ts';
import { judge } from '../../src/harness/judge/judge.ts';
import type { Views } from '../../src/harness/trade/views.ts';
import { FAULTS, type Victim } from './faults.ts';
import { kindsOf, note, SEEDS, SPACES } from './seeds.ts';
import { openSql, type Sql } from './sql.ts';

const { nodes, limits, workload } = brief();
const timeout = 60_000;
const OPERATIONS = 16;

let sql: Sql;

test.beforeAll(async () => {
  sql = await openSql(SPACES, nodes[0]?.release ?? '');
});

for (const seed of SEEDS) {
  test(
    `seed ${seed}: what is as it should be has no finding`,
    { timeout: 10 * limits.flow },
    async ({ peers, vaults }) => {
      const plan = planOperations({ seed, operations: OPERATIONS, parallel: 2, peers: peers.map(({ id }) => id) });
      await carryOut({ plan, peers, pace: workload, arrivalMs: limits.arrival });
      await vaults.untilQuiet(limits.flow);
      expect(judge(await vaults.collect())).toEqual([]);
    },
  );

  for (const fault of FAULTS) {
    const { name, kinds } = fault;
    test(`seed ${seed}: found: ${name}`, { timeout }, async ({ vaults }) => {
      const victim = victimOf(await vaults.collect(), randomOf(seed));
      const views = await fault.plant(victim, sql);
      const found = kindsOf(judge(views ?? (await vaults.collect())));
      await fault.mend?.(victim, sql);
      await note({ name, seed, found });
      expect(found).toEqual(expect.arrayContaining([...kinds]));
      expect(judge(await vaults.collect()), 'once it is mended').toEqual([]);
    });
  }
}

/** One of the payments whose coin the payee still has. */
function victimOf(views: Views, random: Random): Victim {
  const notary = nodes.find((node) => node.notary)?.id ?? '';
  const victims = views.journal.flatMap(({ operation, end }): Victim[] => {
    if (operation.kind !== 'pay' || end.result !== 'ok') return [];
    const coins = views.vaults.find(({ node }) => node === operation.to)?.states ?? [];
    const coin = coins.find((one) => one.transaction === end.transaction && one.amount === operation.amount);
    if (!coin) return [];
    const row = `transaction_id = '${coin.transaction}' and output_index = ${coin.index}`;
    return [{ operation, transaction: end.transaction, row, views, notary }];
  });
  if (victims.length === 0) throw new Error('no payment has left its coin in the vault of the payee');
  return random.pick(victims);
}
