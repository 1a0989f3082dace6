import { once } from 'node:events';
import { request as plain, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as secure, type RequestOptions } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { isTransient, saidBy } from './api-error.ts';
import type { Cluster } from './cluster.ts';

/** A request as it came, all of it. */
export interface RelayedRequest {
  readonly method: string;
  /** With its query, from `/` on. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What became of a request to a service that went through the API server. */
export type RelayedAnswer =
  /** The service's own. */
  | { readonly kind: 'answer'; readonly response: IncomingMessage; readonly body?: Buffer }
  /** It did not come to the service for certain, and can be sent again. */
  | { readonly kind: 'refused'; readonly why: string; readonly status?: number }
  /** The service may have got it. */
  | { readonly kind: 'broken' };

/** Of one connection, or of this machine's business with whoever it is connected to. What would speak for another user goes nowhere. */
const NOT_HANDED_ON =
  /^(host|connection|keep-alive|transfer-encoding|content-length|te|trailer|upgrade|expect|authorization|proxy-.*|impersonate-.*)$/;
const KEEP_ALIVE_MS = 30_000;

/** Sends a request by the API server's proxy. @param base address of the service there */
export async function askByProxy(
  cluster: Cluster,
  base: URL,
  { request, signal }: { readonly request: RelayedRequest; readonly signal: AbortSignal },
): Promise<RelayedAnswer> {
  const { method, path, headers, body } = request;
  const options: RequestOptions = {
    method,
    headers: { ...handedOn(headers), 'content-length': body.length },
    signal,
  };
  // Each time: credentials may have been renewed.
  await cluster.config.applyToHTTPSOptions(options);
  const outgoing = (base.protocol === 'http:' ? plain : secure)(new URL(base.href + path), options);
  outgoing.setSocketKeepAlive(true, KEEP_ALIVE_MS);
  // What comes after the answer has begun is told by its own stream.
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
export function handedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
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

/** Nobody took the connection, or it ended before anything could be said on it. */
function wasNeverSent(error: unknown): boolean {
  const { syscall = '', message = '' } = error as { syscall?: string; message?: string };
  const before = /^(connect|getaddrinfo)$/.test(syscall) || /before secure TLS connection/.test(message);
  return before && isTransient(error);
}
