import { once } from 'node:events';
import { createServer, request as requestOf, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientNode, type Cluster } from './cluster.ts';
import type { Forwarder } from './forwarder.ts';
import { openServiceRelay } from './ways.ts';

// What an API server may answer in place of a service; the real one is in test/cluster/kubernetes-service-proxy.test.ts.

const PLACE = '/api/v1/namespaces/ns/services/driver:8080/proxy';
const PLAIN = { 'content-type': 'text/plain' };
const JSON_TYPE = { 'content-type': 'application/json' };

let listener: RequestListener;
let relay: Forwarder;
let asked: IncomingMessage[];
let api: Server;

beforeEach(async () => {
  asked = [];
  api = createServer((request, response) => {
    asked.push(request);
    listener(request, response);
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const { port } = api.address() as AddressInfo;
  const { KubeConfig } = await clientNode();
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'fake', server: `http://127.0.0.1:${port}/`, skipTLSVerify: true },
    { name: 'me', token: 'of-the-user' },
  );
  relay = await openServiceRelay({ config } as Cluster, { namespace: 'ns', service: 'driver', port: 8080 });
});
afterEach(async () => {
  await relay.close();
  api.closeAllConnections();
  api.close();
});

const ask = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://127.0.0.1:${relay.endpoint.port}${path}`, init);

/** A Status, as the API server answers for itself. */
const status = (code: number, message: string): [number, string] => [
  code,
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }),
];

/** These answers one after the other; the last one again and again. */
function answers(...each: readonly (readonly [number, string, Record<string, string>?])[]): void {
  listener = (_, response) => {
    const [code, body, headers = JSON_TYPE] = each[Math.min(asked.length, each.length) - 1] ?? [500, ''];
    response.writeHead(code, headers).end(body);
  };
}

describe('the relay to a service', () => {
  test('hands on method, path, query, body and headers, with the user’s credentials and nobody else’s', async () => {
    listener = (request, response) => {
      request.pipe(response.writeHead(201, { 'x-of-the-service': 'yes' }));
    };
    const headers = {
      authorization: 'Bearer of somebody',
      'impersonate-user': 'admin',
      'x-compat-token': 'secret',
      'x-compat-request': 'one',
    };
    const answer = await ask('/flow/pay?now=1', { method: 'POST', body: 'all of it', headers });
    expect([answer.status, await answer.text(), answer.headers.get('x-of-the-service')]).toEqual([
      201,
      'all of it',
      'yes',
    ]);
    expect(asked[0]).toMatchObject({ method: 'POST', url: `${PLACE}/flow/pay?now=1` });
    expect(asked[0]?.headers).toMatchObject({
      authorization: 'Bearer of-the-user',
      'x-compat-token': 'secret',
      'x-compat-request': 'one',
    });
    expect(asked[0]?.headers['impersonate-user']).toBeUndefined();
  });

  test.each(['/../../../secrets', '/%2e%2e/%2E./../secrets', '//elsewhere/../../secrets'])(
    'does not lead out of the service: %s',
    async (path) => {
      answers([200, 'ok']);
      const { port } = relay.endpoint;
      const [response] = (await once(requestOf({ port, path }).end(), 'response')) as [IncomingMessage];
      response.resume();
      expect(asked[0]?.url).toBe(`${PLACE}/secrets`);
    },
  );

  test('an error of the service is handed on as it is', async () => {
    const own = JSON.stringify({ kind: 'no-answer', message: 'still running', chain: [] });
    answers([504, own]);
    const answer = await ask('/flow/pay');
    expect([answer.status, await answer.text()]).toEqual([504, own]);
    answers([503, 'there are no network parameters yet', PLAIN]);
    expect(await (await ask('/network-map')).text()).toBe('there are no network parameters yet');
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['no Pod is there', status(503, 'no endpoints available for service "driver"')],
    [
      'nobody listens',
      status(503, 'error trying to reach service: dial tcp 10.0.0.1:8080: connect: connection refused'),
    ],
    ['its own caches are empty', status(403, 'services "driver" is forbidden')],
  ])('while %s it is asked again', async (_, refusal) => {
    answers(refusal, [200, 'there']);
    expect(await (await ask('/ready')).text()).toBe('there');
    expect(asked).toHaveLength(2);
  });

  test('too many requests are sent again', async () => {
    answers([429, 'Too many requests, please try again later.\n', PLAIN], [200, 'there']);
    expect(await (await ask('/ready')).text()).toBe('there');
  });

  test.each([
    ['the service was lost on the way', status(503, 'error trying to reach service: EOF'), JSON_TYPE],
    ['the API server broke', status(500, 'etcd is gone'), JSON_TYPE],
    ['something before it gave up', [504, '<html>Gateway Time-out</html>'] as const, { 'content-type': 'text/html' }],
  ])('where %s the connection is cut: the service may have got it', async (_, [code, body], headers) => {
    answers([code, body, headers]);
    await expect(ask('/flow/pay', { method: 'POST', body: '{}' })).rejects.toThrow('fetch failed');
    expect(asked).toHaveLength(1);
  });

  test('whoever goes away is gone for the API server as well', async () => {
    const leave = new AbortController();
    const closed = new Promise((resolve) => {
      listener = (_, response) => {
        response.on('close', () => resolve('closed'));
        leave.abort();
      };
    });
    await expect(ask('/flow/pay', { signal: leave.signal })).rejects.toThrow(/abort/);
    expect(await closed).toBe('closed');
  });

  test('its end ends what is under way', async () => {
    listener = () => void relay.close();
    await expect(ask('/flow/pay')).rejects.toThrow('fetch failed');
  });
});
