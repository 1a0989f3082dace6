import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTAGE_LIMIT_MS } from '../../domain/cell.ts';
import { listenOnLoopback } from '../../support/ports.ts';
import type { Cluster } from './cluster.ts';
import type { Forwarder } from './forwarder.ts';
import { askByProxy, handedOn, type RelayedAnswer, type RelayedRequest } from './relayed-request.ts';

const PAUSE_MS = 300;

export interface RelayTarget {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

/**
 * Listens on the loopback; each request goes by the API server's proxy to the Service, with the user's credentials. To whoever
 * asks it is as a forwarded port: while the API server or the Pod is gone, requests wait for it; those that it cuts off end, and
 * whoever had them asks again; who goes away is gone for the service as well.
 */
export async function openServiceRelay(cluster: Cluster, target: RelayTarget): Promise<Forwarder> {
  const base = proxyAddress(cluster, target);
  const closing = new AbortController();
  const server = createServer((incoming, outgoing) => {
    const relayed = relay({ cluster, base, signal: closing.signal }, incoming, outgoing);
    relayed.catch(() => incoming.socket.resetAndDestroy());
  });
  return {
    endpoint: await listenOnLoopback(server),
    async close() {
      closing.abort();
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function proxyAddress({ config }: Cluster, { namespace, service, port }: RelayTarget): URL {
  const server = (config.getCurrentCluster()?.server ?? '').replace(/\/+$/, '');
  return new URL(`${server}/api/v1/namespaces/${namespace}/services/${service}:${port}/proxy`);
}

interface Relay {
  readonly cluster: Cluster;
  readonly base: URL;
  readonly signal: AbortSignal;
}

/** @throws Error where the connection must end without an answer */
async function relay(open: Relay, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const signal = AbortSignal.any([open.signal, gone.signal]);
  const request: RelayedRequest = {
    method: incoming.method ?? 'GET',
    path: insideService(incoming.url ?? '/'),
    headers: incoming.headers,
    body: await buffer(incoming),
  };
  await answerWith(outgoing, await untilAnswered(open, request, signal));
}

/** No `..` leads out of the service: what is asked for is asked with the user's credentials. */
function insideService(url: string): string {
  const { pathname, search } = new URL(url, 'http://service');
  return pathname + search;
}

async function untilAnswered(
  { cluster, base }: Relay,
  request: RelayedRequest,
  signal: AbortSignal,
): Promise<RelayedAnswer> {
  const end = performance.now() + OUTAGE_LIMIT_MS;
  for (;;) {
    const answer = await askByProxy(cluster, base, { request, signal });
    if (answer.kind !== 'refused' || performance.now() >= end) return answer;
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

async function answerWith(outgoing: ServerResponse, answer: RelayedAnswer): Promise<void> {
  if (answer.kind === 'answer') {
    const { response, body } = answer;
    outgoing.writeHead(response.statusCode ?? 0, handedOn(response.headers));
    if (body === undefined) await pipeline(response, outgoing);
    else outgoing.end(body);
    return;
  }
  if (answer.kind === 'refused' && answer.status !== undefined) {
    const words = `the API server answers ${answer.status} in place of the service: ${answer.why}\n`;
    outgoing.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(words);
    return;
  }
  throw new Error('cut off');
}
