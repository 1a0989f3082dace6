import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { expect, test as plain } from 'vitest';
import { HonestWorld } from '../testing/honest-world.ts';
import { A, B, issue, pay } from '../testing/planted-faults.ts';
import { JOURNAL_FILE } from '../trade/views.ts';
import { storeCell } from '../testing/stored.ts';
import { collectMetrics, HEALTH_FILE, METRICS_FILE } from './metrics.ts';

const JVM = { heapUsedBytes: 200, heapMaxBytes: 512, heapLiveBytes: 90, uptimeMs: 9, threads: 7, collections: 3 };
const POOL = { active: 0, total: 10, waiting: 0 };
const HEALTH = {
  node: 'party-b',
  answeredMs: 20,
  platformVersion: 12,
  networkMapSize: 3,
  notaries: [],
  clockOffsetMs: -1500,
  jvm: { ...JVM, collectionsMs: 30, pool: POOL },
};

const views = new HonestWorld().run([issue(A, 9_00), pay(A, B, 3_00)]).views();

interface Answering {
  readonly url: string;
  readonly asked: string[];
}

/** A driver and a push gateway: a request gets one counter or the health of a node, and is noted. */
async function answering(status = 200): Promise<Answering & { readonly server: Server }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(`${request.method} ${request.url} ${body}`);
      const isHealth = request.url === '/health';
      response.writeHead(status).end(isHealth ? JSON.stringify(HEALTH) : 'corda_compat_flows_total{type="pay"} 1\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
}

const test = plain
  .extend('evidence', async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'corda-compat-metrics-'));
    onCleanup(() => rm(folder, { recursive: true }));
    return folder;
  })
  .extend('driver', async ({}, { onCleanup }) => {
    const driver = await answering();
    onCleanup(() => void driver.server.close());
    return driver;
  });

test('a cell has the figures of its trade and of its driver, in files and as values', async ({ evidence, driver }) => {
  await storeCell(evidence, views);
  const drivers = new Map([['driver', { url: driver.url, token: 't' }]]);
  const samples = await collectMetrics({ cell: '4.8+4.10', evidence, drivers, nodes: [], say: () => undefined });
  expect(samples).toContainEqual({
    name: 'corda_compat_vault_minor_units',
    labels: { node: 'party-b', release: '4.10', currency: 'USD' },
    value: 3_00,
  });
  expect(await readFile(join(evidence, METRICS_FILE), 'utf8')).toContain('corda_compat_operations_total{kind="pay"');
  expect(await readFile(join(evidence, 'driver', METRICS_FILE), 'utf8')).toContain('corda_compat_flows_total');
});

test('the health of the nodes at the end is counted, even without trade', async ({ evidence, driver }) => {
  const address = { url: driver.url, token: 't' };
  const nodes = [{ id: 'party-b', release: '4.10', driver: address }];
  const sides = { from: 'party-b', fromRelease: '4.10', notary: 'notary', notaryRelease: '4.8' };
  const line = { event: 'notarised', at: '2026-01-01T00:00:00.000Z', notarisation: { ...sides, tookMs: 300 } };
  await writeFile(join(evidence, JOURNAL_FILE), `${JSON.stringify(line)}\n`);
  const order = { cell: 'x', evidence, drivers: new Map(), nodes, say: () => undefined };
  const samples = await collectMetrics(order);
  const of = (name: string, more = {}) => {
    const labels = { node: 'party-b', release: '4.10', ...more };
    return samples.find((each) => each.name === name && isDeepStrictEqual(each.labels, labels))?.value;
  };
  expect(of('corda_compat_rpc_answer_seconds')).toBe(0.02);
  expect(of('corda_compat_clock_offset_seconds')).toBe(-1.5);
  expect(of('corda_compat_heap_bytes', { state: 'live' })).toBe(90);
  expect(of('corda_compat_gc_seconds')).toBe(0.03);
  expect(of('corda_compat_pool_connections', { state: 'total' })).toBe(10);
  expect(of('corda_compat_pool_connections', { state: 'max' })).toBeUndefined();
  const labels = { from: 'party-b', notary: 'notary', from_release: '4.10', notary_release: '4.8' };
  expect(samples).toContainEqual({ name: 'corda_compat_notarisation_seconds_count', labels, value: 1 });
  const bucket = { name: 'corda_compat_notarisation_seconds_bucket', labels: { ...labels, le: '0.25' }, value: 0 };
  expect(samples).toContainEqual(bucket);
  const kept = JSON.parse(await readFile(join(evidence, HEALTH_FILE), 'utf8')) as unknown;
  expect(kept).toEqual([{ id: 'party-b', release: '4.10', view: HEALTH }]);
});

test('a push gateway gets them; what it answers changes nothing', async ({ evidence }) => {
  await storeCell(evidence, views);
  for (const [status, said] of [
    [200, []],
    [500, [expect.stringMatching(/^the run failed to push metrics to 127\.0\.0\.1:\d+: /)]],
  ] as const) {
    const gateway = await answering(status);
    const words: string[] = [];
    const order = {
      cell: '4.8+4.10',
      evidence,
      drivers: new Map(),
      nodes: [],
      say: (word: string) => void words.push(word),
    };
    const samples = await collectMetrics({ ...order, gateway: gateway.url });
    gateway.server.close();
    expect(samples).not.toEqual([]);
    expect(gateway.asked[0]).toMatch(
      /^PUT \/metrics\/job\/corda_compat\/cell\/4\.8%2B4\.10 [^]*corda_compat_vault_states/,
    );
    expect(words).toEqual(said);
  }
});

test('a cell that never traded, and a driver that is gone, have none', async ({ evidence, driver }) => {
  driver.server.close();
  await once(driver.server, 'close');
  await mkdir(join(evidence, 'driver'));
  const address = { url: driver.url, token: 't' };
  const drivers = new Map([['driver', address]]);
  const nodes = [{ id: 'party-b', release: '4.10', driver: address }];
  expect(await collectMetrics({ cell: 'x', evidence, drivers, nodes, say: () => undefined })).toEqual([]);
});
