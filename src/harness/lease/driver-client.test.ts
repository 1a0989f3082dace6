import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { markOf } from '../support/about.ts';
import { DriverCallError, DriverClient } from './driver-client.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function driver(listener: RequestListener, signal?: AbortSignal): Promise<DriverClient> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return new DriverClient({ url: `http://127.0.0.1:${port}`, token: 'secret' }, signal);
}

async function failureOf(call: Promise<unknown>): Promise<DriverCallError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DriverCallError);
  return error as DriverCallError;
}

const PAY = { node: 'party-a', to: 'O=PartyB, L=London, C=GB', amount: 100, currency: 'USD', limitMs: 1_000 };

describe('DriverClient', () => {
  test('posts JSON with the token and gives the answer', async () => {
    const client = await driver((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => {
        const { method, url, headers } = request;
        response.end(
          JSON.stringify({ transaction: [method, url, headers['x-compat-token'], body].join(' | '), tookMs: 1 }),
        );
      });
    });
    expect((await client.pay(PAY)).transaction).toBe(`POST | /flow/pay | secret | ${JSON.stringify(PAY)}`);
  });

  test('hands the driver’s error on, chain and all', async () => {
    const error = { kind: 'flow', message: 'Counter-flow errored', chain: ['a: b', 'c: d'] };
    const client = await driver((_, response) => response.writeHead(500).end(JSON.stringify(error)));
    const failure = await failureOf(client.pay(PAY));
    expect(failure.error).toEqual(error);
    expect(failure.message).toBe('flow/pay: Counter-flow errored');
  });

  test('an answer that is none of the driver’s is told as it came', async () => {
    const client = await driver((_, response) => response.writeHead(418).end('I am a teapot'));
    const { error } = await failureOf(client.health('party-a'));
    expect(error).toEqual({ kind: 'driver', message: 'the driver answered status 418: I am a teapot', chain: [] });
  });

  test('a driver that is gone is told as such, with the system’s words', async () => {
    const client = await driver(() => undefined);
    server?.close();
    const { error } = await failureOf(client.vault('party-a'));
    expect(error.kind).toBe('driver');
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('a connection that breaks is made again, under the same id, so that nothing is done twice', async () => {
    const ids: unknown[] = [];
    const client = await driver((request, response) => {
      ids.push(request.headers['x-compat-request']);
      if (ids.length === 1) request.socket.destroy();
      else if (ids.length === 2) response.writeHead(200, { 'content-length': 100 }).write('{"transact');
      else response.end(JSON.stringify({ transaction: 'T', tookMs: 1 }));
      if (ids.length === 2) setTimeout(() => request.socket.destroy(), 50);
    });
    expect((await client.pay(PAY)).transaction).toBe('T');
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    await client.pay(PAY);
    expect(new Set(ids).size).toBe(2);
  });

  test('a driver that never answers is told as such after the limit and a margin', async () => {
    const client = await driver(() => undefined);
    const failure = await failureOf(client.pay({ ...PAY, limitMs: 1 }));
    expect(markOf(failure)).toEqual({ about: 'harness', goesOn: true });
    expect(failure.error).toMatchObject({
      kind: 'driver',
      message: expect.stringContaining('within 0.001 s') as string,
    });
  }, 15_000);

  test('an abort of the run is no failure of the call', async () => {
    const controller = new AbortController();
    const client = await driver(() => controller.abort(new Error('Ctrl-C')), controller.signal);
    await expect(client.pay(PAY)).rejects.toThrow('Ctrl-C');
  });
});
