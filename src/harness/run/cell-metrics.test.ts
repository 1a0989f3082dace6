import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test as plain } from 'vitest';
import { HonestWorld } from '../oracle/honest-world.ts';
import { A, B, issue, pay } from '../oracle/planted-faults.ts';
import { storeCell } from '../oracle/stored-fixture.ts';
import { collectMetrics, METRICS_FILE } from './cell-metrics.ts';

const views = new HonestWorld().run([issue(A, 9_00), pay(A, B, 3_00)]).views();

interface Answering {
  readonly url: string;
  readonly asked: string[];
}

/** A driver and a push gateway: whoever asks gets one counter, and is written down. */
async function answering(status = 200): Promise<Answering & { readonly server: Server }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(status).end('corda_compat_flows_total{type="pay"} 1\n');
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
  const samples = await collectMetrics({ cell: '4.8+4.10', evidence, drivers, say: () => undefined });
  expect(samples).toContainEqual({
    name: 'corda_compat_vault_minor_units',
    labels: { node: 'party-b', release: '4.10', currency: 'USD' },
    value: 3_00,
  });
  expect(await readFile(join(evidence, METRICS_FILE), 'utf8')).toContain('corda_compat_operations_total{kind="pay"');
  expect(await readFile(join(evidence, 'driver', METRICS_FILE), 'utf8')).toContain('corda_compat_flows_total');
});

test('a push gateway gets them; what it answers changes nothing', async ({ evidence }) => {
  await storeCell(evidence, views);
  for (const [status, said] of [
    [200, []],
    [500, [expect.stringMatching(/^metrics could not be pushed to 127\.0\.0\.1:\d+: /)]],
  ] as const) {
    const gateway = await answering(status);
    const words: string[] = [];
    const order = { cell: '4.8+4.10', evidence, drivers: new Map(), say: (word: string) => void words.push(word) };
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
  const drivers = new Map([['driver', { url: driver.url, token: 't' }]]);
  expect(await collectMetrics({ cell: 'x', evidence, drivers, say: () => undefined })).toEqual([]);
});
