import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { HonestWorld } from '../oracle/honest-world.ts';
import { samplesOf, tradeMetrics } from '../oracle/metrics.ts';
import { A, B, issue, pay } from '../oracle/planted-faults.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const FIGURE = /corda_compat_[a-z_]+/g;

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** All that the oracle counts. */
async function figures(): Promise<ReadonlySet<string>> {
  const views = { ...new HonestWorld().run([issue(A, 1_00), pay(A, B, 1_00)]).views(), refusals: { notary: 1 } };
  const samples = await samplesOf(tradeMetrics(views, [{ kind: 'double-spend', message: '' }]));
  return new Set(samples.map(({ name }) => name));
}

test('the dashboard shows every figure that the oracle counts, and asks for no other', async () => {
  const { panels } = JSON.parse(await readFile(new URL('grafana/corda-compat.json', DOCS), 'utf8')) as Dashboard;
  const shown = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(FIGURE) ?? []));
  expect(new Set(shown)).toEqual(await figures());
});

test('the documents name every figure', async () => {
  const text = await readFile(new URL('metrics.md', DOCS), 'utf8');
  expect(text.match(FIGURE)).toEqual(expect.arrayContaining([...(await figures())]));
});
