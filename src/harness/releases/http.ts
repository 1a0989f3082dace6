import pRetry from 'p-retry';
import type { Progress } from '../support/progress.ts';
import { errorCode } from './cache-folder.ts';
import { messageOf } from '../support/words.ts';
import type { Web } from './web.ts';

/** A server answered, but not with the wanted content. */
export class HttpError extends Error {
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${url} answered HTTP ${status}`);
    this.name = 'HttpError';
    this.status = status;
  }
}

/** The connection broke, stalled, or reached no server. `reason` is short, for use within a sentence. */
export class ConnectionError extends Error {
  readonly reason: string;

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`${url}: ${reason}`, options);
    this.name = 'ConnectionError';
    this.reason = reason;
  }
}

export interface HttpRequest {
  readonly url: string;
  readonly web: AskWeb;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Milliseconds until the answer's head (for `requestText`: until its end); default 30 s. */
  readonly limit?: number;
}

/** The way to servers; found at the first request of a run. @throws StepError blocked */
export type AskWeb = () => Promise<Web>;

export interface RetryOptions {
  readonly name: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Attempts after the first; default 4, about 5 seconds in all. */
  readonly retries?: number;
}

const DEFAULT_LIMIT_MS = 30_000;

/** Sends a GET. @throws HttpError for a status that is no success, ConnectionError; the signal's reason when aborted */
export async function request(options: HttpRequest): Promise<Response> {
  const { url, headers, signal, limit = DEFAULT_LIMIT_MS } = options;
  const { fetch: fetchBy, proxies } = await options.web();
  const timer = new AbortController();
  const timeout = setTimeout(() => {
    timer.abort();
  }, limit);
  try {
    // Only the head is under this limit: a body may take as long as it moves.
    const response = await fetchBy(url, { headers: headers ?? {}, signal: AbortSignal.any([signal, timer.signal]) });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new HttpError(url, response.status);
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    signal.throwIfAborted();
    const why = timer.signal.aborted ? `no answer within ${limit / 1000} s` : reasonOf(cause);
    throw new ConnectionError(url, proxies === undefined ? why : `${why} (by the proxies of ${proxies})`, { cause });
  } finally {
    clearTimeout(timeout);
  }
}

/** The whole body of an answer, for small things. Same errors as `request`. */
export async function requestText(options: HttpRequest): Promise<string> {
  const { url, signal, limit = DEFAULT_LIMIT_MS } = options;
  const within = AbortSignal.any([signal, AbortSignal.timeout(limit)]);
  try {
    return await (await request({ ...options, signal: within })).text();
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof HttpError || cause instanceof ConnectionError) throw cause;
    throw new ConnectionError(url, within.aborted ? `no answer within ${limit / 1000} s` : reasonOf(cause), { cause });
  }
}

/** Tries again after passing failures, with growing pauses: the network, HTTP 5xx, HTTP 429. */
export async function withRetries<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const { name, progress, signal, retries = 4 } = options;
  return pRetry(work, {
    retries,
    signal,
    minTimeout: 300,
    factor: 2,
    shouldRetry: ({ error }) => isTransient(error) && !signal.aborted,
    onFailedAttempt: ({ error, retriesLeft }) => {
      if (retriesLeft > 0 && isTransient(error)) progress.say(`${name}: ${error.message}; trying again`);
    },
  });
}

function isTransient(error: unknown): boolean {
  if (error instanceof HttpError) return error.status >= 500 || error.status === 429;
  return error instanceof ConnectionError;
}

/** The innermost message: `fetch failed` alone helps no user. */
export function reasonOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const words = messageOf(innermost).trim();
  return words || (errorCode(error) ?? 'connection failed');
}
