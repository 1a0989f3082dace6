import { appendFile } from 'node:fs/promises';
import { brief, expect, smallTrade, test } from '../../fixtures/index.ts';
import { judge } from '../../src/harness/oracle/judge.ts';
import type { Views } from '../../src/harness/oracle/records.ts';
import { FAULTS, type Victim } from './faults.ts';
import { openSql, type Sql } from './sql.ts';

const { nodes, limits } = brief();
const timeout = 60_000;
/** Where the nodes live, and where is written what was found of which fault. */
const { CONTROLS_SPACES: spaces = '', CONTROLS_FOUND: file = '' } = process.env;

let sql: Sql;

test.beforeAll(async ({ peers }) => {
  await smallTrade(peers);
  sql = await openSql(spaces, nodes[0]?.release ?? '');
}, 10 * limits.flow);

test('what is as it should be has no finding', async ({ vaults }) => {
  await vaults.untilQuiet(limits.flow);
  expect(judge(await vaults.collect())).toEqual([]);
});

for (const fault of FAULTS) {
  const { name, kinds } = fault;
  test(`found: ${name}`, { timeout }, async ({ vaults }) => {
    const victim = victimOf(await vaults.collect());
    const views = await fault.plant(victim, sql);
    const found = judge(views ?? (await vaults.collect())).map(({ kind }) => kind);
    await fault.mend?.(victim, sql);
    await appendFile(file, `${JSON.stringify({ name, found: [...new Set(found)].sort() })}\n`);
    expect(found).toEqual(expect.arrayContaining([...kinds]));
    expect(judge(await vaults.collect()), 'once it is mended').toEqual([]);
  });
}

/** The first payment whose coin the payee still has. */
function victimOf(views: Views): Victim {
  for (const { operation, end } of views.journal) {
    if (operation.kind !== 'pay' || end.result !== 'ok') continue;
    const coins = views.vaults.find(({ node }) => node === operation.to)?.states ?? [];
    const coin = coins.find((one) => one.transaction === end.transaction && one.amount === operation.amount);
    if (!coin) continue;
    const row = `transaction_id = '${coin.transaction}' and output_index = ${coin.index}`;
    const notary = nodes.find((node) => node.notary)?.id ?? '';
    return { operation, transaction: end.transaction, row, views, notary };
  }
  throw new Error('no payment has left its coin in the vault of the payee');
}
