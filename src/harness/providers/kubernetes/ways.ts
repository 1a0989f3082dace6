import { once } from 'node:events';
import { createServer, request as plain } from 'node:http';
import type { IncomingMessage, ServerResponse, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { request as secure, type RequestOptions } from 'node:https';
import { blocked } from '../../support/step-error.ts';
import { SERVICE_PORT_INSIDE } from '../containers.ts';
import { askRights, type AnsweredRight, WAYS, type Way } from './rights.ts';
import { clusterError, type Cluster, isTransient, saidBy } from './cluster.ts';
import { openForwarder, type Forwarder } from './forwarder.ts';
import { OUTAGE_LIMIT_MS } from '../../config/cell.ts';
import { listenOnLoopback } from '../../support/ports.ts';

export const NO_WAY =
  'a run reaches drivers by port-forward or by the service proxy of the API server, and this user may use neither (get and ' +
  `create ${WAYS['port-forward']}, or get and create ${WAYS['service-proxy']})`;

/** The best way to drivers that is permitted, wherever cells live. A port-forward takes every protocol, and no network policy stops it. */
export function wayOf(answers: readonly AnsweredRight[]): Way | undefined {
  const isOpen = (way: Way): boolean => {
    const asked = answers.filter(({ right }) => right.resource === WAYS[way]);
    return asked.length > 0 && asked.every(({ missing }) => missing.length === 0);
  };
  return (Object.keys(WAYS) as Way[]).find(isOpen);
}

/** Asks for it. @throws StepError blocked where there is none */
export async function findWay(cluster: Cluster, given?: readonly string[]): Promise<Way> {
  const resources: readonly string[] = Object.values(WAYS);
  const answers = await askRights(cluster, { given, resources }).catch((error: unknown) => {
    throw clusterError('the check of the ways to drivers failed', error);
  });
  const way = wayOf(answers);
  if (way === undefined) {
    throw blocked('space', `${NO_WAY}. npx corda-compat doctor --rights prints the roles that a run needs`);
  }
  return way;
}

/** Ports that network policies must open: a port-forward ends beside the Pod, the proxy comes from the API server. */
export function openPortsFor(way: Way): readonly number[] {
  return way === 'service-proxy' ? [SERVICE_PORT_INSIDE] : [];
}

export interface PortTarget {
  readonly namespace: string;
  /** Id of the node or service: the name of its Service. */
  readonly id: string;
  readonly port: number;
  /** A proxy takes nothing else. */
  readonly speaksHttp: boolean;
  /** Name of its Pod that runs now; `undefined` while there is none. */
  readonly pod: () => string | undefined;
}

/** Opens a port of a node or service on this machine's loopback. @throws StepError blocked where the way does not lead there */
export async function openWay(cluster: Cluster, way: Way, target: PortTarget): Promise<Forwarder> {
  if (way === 'port-forward') return await openForwarder(cluster, target);
  const { namespace, id, port, speaksHttp } = target;
  if (speaksHttp) return await openServiceRelay(cluster, { namespace, service: id, port });
  throw blocked(
    'space',
    `port ${port} of ${id} cannot be reached from this machine. That takes a port-forward, and this user may not get and create ` +
      `${WAYS['port-forward']}. The service proxy of the API server reaches drivers and doormen only, since they speak HTTP`,
  );
}

const PAUSE_MS = 300;

export interface RelayTarget {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

/**
 * Listens on the loopback; each request goes by the API server's proxy to the Service, with the user's credentials. Clients
 * see a forwarded port: while the API server or the Pod is gone, requests wait; requests that it cuts off end, and the client
 * asks again; the service sees a client leave.
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

async function untilAnswered({ cluster, base }: Relay, request: RelayedRequest, signal: AbortSignal) {
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

/** A request as it came, all of it. */
interface RelayedRequest {
  readonly method: string;
  /** With its query, from `/` on. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The result of a request to a service through the API server. */
type RelayedAnswer =
  /** The service's own. */
  | { readonly kind: 'answer'; readonly response: IncomingMessage; readonly body?: Buffer }
  /** It did not come to the service for certain, and can be sent again. */
  | { readonly kind: 'refused'; readonly why: string; readonly status?: number }
  /** The service may have got it. */
  | { readonly kind: 'broken' };

/** Headers of one connection, and headers that would speak for another user: the relay keeps them back. */
const NOT_HANDED_ON =
  /^(host|connection|keep-alive|transfer-encoding|content-length|te|trailer|upgrade|expect|authorization|proxy-.*|impersonate-.*)$/;
const KEEP_ALIVE_MS = 30_000;

/** Sends a request by the API server's proxy. @param base address of the service there */
async function askByProxy(
  cluster: Cluster,
  base: URL,
  { request, signal }: { readonly request: RelayedRequest; readonly signal: AbortSignal },
): Promise<RelayedAnswer> {
  const { method, path, headers, body } = request;
  const options: RequestOptions = { method, headers: { ...handedOn(headers), 'content-length': body.length }, signal };
  // Each time: credentials may have been renewed.
  await cluster.config.applyToHTTPSOptions(options);
  const outgoing = (base.protocol === 'http:' ? plain : secure)(new URL(base.href + path), options);
  outgoing.setSocketKeepAlive(true, KEEP_ALIVE_MS);
  // The answer's own stream tells of errors after its beginning.
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  try {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return await judged(response);
  } catch (error) {
    return wasNeverSent(error) ? { kind: 'refused', why: saidBy(error) } : { kind: 'broken' };
  }
}

/** Headers that are for the other side, whichever it is. */
function handedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_HANDED_ON.test(name)));
}

/** An error status may be the API server's own, which has not found the service, or lost it. */
async function judged(response: IncomingMessage): Promise<RelayedAnswer> {
  const { statusCode: status = 0, headers } = response;
  if (status < 400) return { kind: 'answer', response };
  const body = await buffer(response);
  const said = saidByProxy(status, { type: headers['content-type'] ?? '', text: body.toString() });
  if (said === undefined) return { kind: 'answer', response, body };
  if (!isBeforeTheService(status, said)) return { kind: 'broken' };
  return { kind: 'refused', why: said, status };
}

/** @returns `undefined` where it is the service's own answer */
function saidByProxy(status: number, { type, text }: { readonly type: string; readonly text: string }) {
  // It sends too many away before it looks at them; whatever stands before it has pages for people.
  if (status === 429 || type.startsWith('text/html')) return text.trim().slice(0, 500);
  if (!type.startsWith('application/json')) return undefined;
  try {
    const { kind, apiVersion, message } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return kind === 'Status' && apiVersion === 'v1' ? String(message) : undefined;
  } catch {
    return undefined;
  }
}

function isBeforeTheService(status: number, said: string): boolean {
  return status < 500 || (status === 503 && /no endpoints available|dial tcp/.test(said));
}

/** The connection failed, or it ended before the request was sent. */
function wasNeverSent(error: unknown): boolean {
  const { syscall = '', message = '' } = error as { syscall?: string; message?: string };
  const before = /^(connect|getaddrinfo)$/.test(syscall) || /before secure TLS connection/.test(message);
  return before && isTransient(error);
}
