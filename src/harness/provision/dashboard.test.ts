import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { HonestWorld } from '../testing/honest-world.ts';
import { addHealth } from '../judge/health.ts';
import { samplesOf, tradeMetrics } from '../judge/metrics.ts';
import { A, B, issue, pay } from '../testing/planted-faults.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const FIGURE = /corda_compat_[a-z_]+/g;

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** Of drivers: no run pushes it, since it is of use only while they run. */
const LIVE = 'corda_compat_flows_running';

const jvm = { heapUsedBytes: 2, heapMaxBytes: 3, heapLiveBytes: 1, uptimeMs: 1, threads: 1, collections: 1 };
const health = { node: 'notary', answeredMs: 1, platformVersion: 4, networkMapSize: 1, notaries: [], clockOffsetMs: 0 };
const pool = { active: 0, total: 10, waiting: 0 };
const view = { ...health, jvm: { ...jvm, collectionsMs: 1, pool } };
const notarisation = { from: 'party-a', fromRelease: '4.8', notary: 'notary', notaryRelease: '4.8', tookMs: 5 };

/** All that the oracle counts. */
async function figures(): Promise<ReadonlySet<string>> {
  const views = { ...new HonestWorld().run([issue(A, 1_00), pay(A, B, 1_00)]).views(), refusals: { notary: 1 } };
  const registry = tradeMetrics(views, [{ kind: 'double-spend', message: '' }]);
  addHealth(registry, { nodes: [{ id: 'notary', release: '4.8', view }], notarisations: [notarisation] });
  const samples = await samplesOf(registry);
  return new Set(samples.map(({ name }) => name));
}

test('the dashboard shows every figure that the oracle counts, and asks for no other', async () => {
  const { panels } = JSON.parse(await readFile(new URL('grafana/corda-compat.json', DOCS), 'utf8')) as Dashboard;
  const shown = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(FIGURE) ?? []));
  expect(new Set(shown)).toEqual(new Set([...(await figures()), LIVE]));
});

test('the documents name every figure', async () => {
  const text = await readFile(new URL('metrics.md', DOCS), 'utf8');
  // A histogram is one figure there.
  const names = [...(await figures()), LIVE].map((name) => name.replace(/_seconds_(?:bucket|sum|count)$/, '_seconds'));
  expect(text.match(FIGURE)).toEqual(expect.arrayContaining(names));
});
