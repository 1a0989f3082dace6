import { expect, test } from 'vitest';
import { HonestWorld } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { samplesOf, tradeMetrics } from './metrics.ts';
import { A, B, issue, loseAt, pay } from '../testing/planted-faults.ts';

const world = () =>
  new HonestWorld()
    .run([
      issue(A, 9_00),
      issue(B, 1_00),
      { ...issue(A, 5), currency: 'EUR' },
      pay(A, B, 3_00),
      { ...pay(A, B, 1), end: 'failed' },
    ])
    .views();

/** `name{label="value",…} value`, as a scrape shows them. */
async function lines(...args: Parameters<typeof tradeMetrics>): Promise<readonly string[]> {
  return (await tradeMetrics(...args).metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('operations are counted by direction and result, money by vault and currency', async () => {
  const text = await lines(world());
  expect(text).toEqual(
    expect.arrayContaining([
      'corda_compat_operations_total{kind="pay",from="party-a",to="party-b",from_release="4.8",to_release="4.10",result="ok"} 1',
      'corda_compat_operations_total{kind="pay",from="party-a",to="party-b",from_release="4.8",to_release="4.10",result="failed"} 1',
      'corda_compat_vault_minor_units{node="party-a",release="4.8",currency="USD"} 600',
      'corda_compat_vault_minor_units{node="party-a",release="4.8",currency="EUR"} 5',
      'corda_compat_vault_minor_units{node="party-b",release="4.10",currency="USD"} 400',
      'corda_compat_vault_states{node="party-b",release="4.10"} 2',
      'corda_compat_notary_commits{node="notary",release="4.8"} 1',
    ]),
  );
  expect(text.filter((line) => line.startsWith('corda_compat_findings'))).toEqual([]);
});

test('findings are counted by kind', async () => {
  const lost = loseAt(world(), 'party-b', 'T4');
  const text = await lines(lost, judge(lost));
  expect(text).toContain('corda_compat_findings{kind="lost-payment"} 1');
});

test('what was refused and what was left is counted by node', async () => {
  const { flows, ...views } = world();
  const left = { node: 'party-b', flows: [{ id: 'F1', flow: 'CashPaymentFlow' }], checkpoints: 2 };
  const registry = tradeMetrics({ ...views, flows: [...flows.slice(0, 2), left], refusals: { notary: 3 } });
  const samples = await samplesOf(registry);
  const labels = { node: 'party-b', release: '4.10' };
  expect(samples).toContainEqual({ name: 'corda_compat_flows_in_flight', labels, value: 1 });
  expect(samples).toContainEqual({ name: 'corda_compat_checkpoints', labels, value: 2 });
  const notary = { node: 'notary', release: '4.8' };
  expect(samples).toContainEqual({ name: 'corda_compat_notary_refusals', labels: notary, value: 3 });
});

test('a cell whose vaults were not read has its operations', async () => {
  const { journal, refusals } = world();
  const samples = await samplesOf(tradeMetrics({ journal, refusals }));
  expect(new Set(samples.map(({ name }) => name))).toEqual(new Set(['corda_compat_operations_total']));
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(journal.length);
});
