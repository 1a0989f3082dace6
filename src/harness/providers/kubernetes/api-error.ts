import pRetry from 'p-retry';
import { OUTAGE_LIMIT_MS } from '../../domain/cell.ts';
import { blocked, StepError } from '../../domain/step-error.ts';

/** Codes and words of a connection that failed: of Node, of node-fetch (client-node 1) and of undici (client-node 2). */
const CONNECTION =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|UND_ERR_(SOCKET|(CONNECT|HEADERS|BODY)_TIMEOUT)|TimeoutError|socket hang up|Premature close|network socket disconnected/;

/** An error has a few causes at most; the limit ends a chain that leads back to itself. */
const DEEPEST_CAUSE = 8;

/** The same before anything was heard of it: a wrong address must not take that long. */
export const FIRST_CONTACT_MS = 5_000;

/** HTTP status of the API server's answer; `undefined` when it did not answer. */
export function codeOf(error: unknown): number | undefined {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return [code, statusCode].find(isStatus);
}

/** Errors of the web platform have a number below 100 as their code: that of a TimeoutError is 23. */
function isStatus(code: unknown): code is number {
  return typeof code === 'number' && code >= 100;
}

/** The API server's own words, without the library's; where it did not answer, those of the connection. */
export function saidBy(error: unknown): string {
  const { body } = error as { body?: unknown };
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  try {
    const status = JSON.parse(text) as { message?: unknown };
    if (typeof status.message === 'string') return status.message;
  } catch {
    // Not a Status of Kubernetes: said as it is.
  }
  return (text || connectionWords(error)).trim();
}

interface Link {
  readonly code?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
  /** Web sockets report an event with an error in place of an error. */
  readonly error?: unknown;
  readonly cause?: unknown;
  /** One for each address that was tried. */
  readonly errors?: readonly unknown[];
}

/** An error and what it stems from, outermost first: undici says `fetch failed`, and only its cause says why. */
function chainOf(error: unknown): readonly Link[] {
  const chain: Link[] = [];
  let link = error;
  while (typeof link === 'object' && link !== null && chain.length < DEEPEST_CAUSE) {
    const { error: inner, cause, errors } = link as Link;
    chain.push(link);
    link = inner ?? cause ?? errors?.[0];
  }
  return chain;
}

function connectionWords(error: unknown): string {
  const words = chainOf(error).flatMap(({ message }) => (typeof message === 'string' && message ? [message] : []));
  const telling = words.filter((each, index) => !words.slice(index + 1).some((later) => each.includes(later)));
  return telling.join(': ') || String(error);
}

/** Whether the same question may be answered later: the server is busy, broken or out of reach. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) {
    // A quota that the cluster has not counted yet is refused with 403, in these words.
    return code === 429 || code >= 500 || (code === 403 && /status unknown for quota/.test(saidBy(error)));
  }
  return chainOf(error).some(({ code: word, name, message }) =>
    [word, name, message].some((text) => typeof text === 'string' && CONNECTION.test(text)),
  );
}

/** Asks again while the answer is transient, for as long as an outage may last. @throws what the server said at last */
export async function asking<T>(ask: () => Promise<T>, signal?: AbortSignal, limitMs = OUTAGE_LIMIT_MS): Promise<T> {
  return await pRetry(ask, {
    retries: 1000,
    factor: 1.6,
    minTimeout: 100,
    maxTimeout: 3_000,
    maxRetryTime: limitMs,
    shouldRetry: ({ error }) => isTransient(error),
    ...(signal ? { signal } : {}),
  });
}

/** The work's value; `undefined` where the server knows no such thing. */
export async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 404) return undefined;
    throw error;
  }
}

/** An error of the API server as the cell's end: what, why, what to do. First match wins. */
export function clusterError(what: string, error: unknown): StepError {
  if (error instanceof StepError) return error;
  const code = codeOf(error);
  const said = saidBy(error);
  return blocked('space', `${what}: ${meaning(code, said)}`, { cause: error });
}

function meaning(code: number | undefined, said: string): string {
  if (code === undefined) {
    return `the API server does not answer (${said}). Check the context (COMPAT_CONTEXT, KUBECONFIG) and the network: kubectl version`;
  }
  if (code === 401)
    return `the API server does not know this user (401): ${said}. Renew the credentials of the context`;
  if (code === 403 && /exceeded quota/.test(said)) {
    return `the namespace's quota is too small: ${said}. Raise it, or run fewer cells at once (COMPAT_PARALLEL)`;
  }
  if (code === 403)
    return `this user may not do it (403): ${said}. npx corda-compat doctor --rights prints the roles that a run needs`;
  return `the API server answers ${code}: ${said}`;
}
