import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as api from './driver-api.ts';
import type * as views from './driver-api.ts';
import { TOKEN_HEADER } from '../releases/jvm-tools.ts';
import type { DriverAddress } from './lease.ts';

/** How much longer than a call's own limit the client waits for the driver to say that the limit has passed. */
const MARGIN_MS = 5_000;
/** Limit of calls that only look, in milliseconds. */
const LOOK_MS = 30_000;

const PAUSE_MS = 200;
/** Errors of connections that broke during use. A refused connection differs: no process listens. */
const BROKEN = /ECONNRESET|EPIPE|UND_ERR_SOCKET|other side closed|terminated|socket hang up/;

/** A failed call: the driver's error, or the reason why no driver answered. */
export class DriverCallError extends Error {
  readonly call: string;
  readonly error: api.DriverError;

  constructor(call: string, error: api.DriverError, options?: ErrorOptions) {
    super(`${call}: ${error.message}`, options);
    this.name = 'DriverCallError';
    this.call = call;
    this.error = error;
  }
}

/** The driver's protocol (domain/driver-api.ts), typed. Every method throws DriverCallError. */
export class DriverClient {
  readonly #address: DriverAddress;
  readonly #signal: AbortSignal | undefined;

  constructor(address: DriverAddress, signal?: AbortSignal) {
    this.#address = address;
    this.#signal = signal;
  }

  connect(request: api.ConnectRequest): Promise<readonly api.NodeView[]> {
    return this.#post('connect', request, request.limitMs);
  }

  nodes(): Promise<readonly api.NodeView[]> {
    return this.#call('nodes', { method: 'GET' }, LOOK_MS, asJson<readonly api.NodeView[]>);
  }

  issue(request: api.IssueRequest): Promise<api.FlowResult> {
    return this.#post('flow/issue', request, request.limitMs);
  }

  pay(request: api.PayRequest): Promise<api.FlowResult> {
    return this.#post('flow/pay', request, request.limitMs);
  }

  exit(request: api.ExitRequest): Promise<api.FlowResult> {
    return this.#post('flow/exit', request, request.limitMs);
  }

  notarise(request: api.NotariseRequest): Promise<api.FlowResult> {
    return this.#post('flow/notarise', request, request.limitMs);
  }

  doubleSpend(request: api.NotariseRequest): Promise<api.DoubleSpendResult> {
    return this.#post('flow/double-spend', request, request.limitMs);
  }

  changeNotary(request: api.ChangeNotaryRequest): Promise<api.FlowResult> {
    return this.#post('flow/change-notary', request, request.limitMs);
  }

  share(request: api.ShareRequest): Promise<api.FlowResult> {
    return this.#post('flow/share', request, request.limitMs);
  }

  authoriseUpgrade(request: api.UpgradeRequest): Promise<object> {
    return this.#post('flow/authorise-upgrade', request, request.limitMs);
  }

  upgrade(request: api.UpgradeRequest): Promise<api.FlowResult> {
    return this.#post('flow/upgrade', request, request.limitMs);
  }

  vault(node: string): Promise<views.VaultView> {
    return this.#look('vault', node);
  }

  nullStates(node: string): Promise<views.NullStatesView> {
    return this.#look('null-states', node);
  }

  vaultRows(node: string): Promise<views.VaultRowsView> {
    return this.#look('vault-rows', node);
  }

  transactions(node: string): Promise<views.TransactionsView> {
    return this.#look('transactions', node);
  }

  flows(node: string): Promise<views.FlowsView> {
    return this.#look('flows', node);
  }

  networkMap(node: string): Promise<views.PartiesView> {
    return this.#look('network-map', node);
  }

  notaries(node: string): Promise<views.PartiesView> {
    return this.#look('notaries', node);
  }

  notaryLog(node: string): Promise<views.NotaryLogView> {
    return this.#look('notary-log', node);
  }

  health(node: string): Promise<views.HealthView> {
    return this.#look('health', node);
  }

  loadedCordapps(node: string): Promise<views.LoadedCordappsView> {
    return this.#look('cordapps', node);
  }

  /** Prometheus text. */
  metrics(): Promise<string> {
    return this.#call('metrics', { method: 'GET' }, LOOK_MS, (response) => response.text());
  }

  #look<T>(call: string, node: string): Promise<T> {
    const request: views.NodeRequest = { node, limitMs: LOOK_MS };
    return this.#post(call, request, LOOK_MS);
  }

  #post<T>(call: string, body: object, limitMs: number): Promise<T> {
    return this.#call(call, { method: 'POST', body: JSON.stringify(body) }, limitMs, asJson<T>);
  }

  async #call<T>(
    call: string,
    init: { method: string; body?: string },
    limitMs: number,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    // The driver knows a request by it that is asked again: it does not run twice.
    const id = randomUUID();
    const { url, token, outageMs = 0 } = this.#address;
    const began = performance.now();
    for (;;) {
      // It may have to wait until the way to the driver is there again. The driver itself answers within `limitMs`.
      const limit = AbortSignal.timeout(limitMs + MARGIN_MS + outageMs);
      const signal = this.#signal ? AbortSignal.any([this.#signal, limit]) : limit;
      const headers = { [TOKEN_HEADER]: token, 'content-type': 'application/json', 'x-compat-request': id };
      try {
        const response = await fetch(`${url}/${call}`, { ...init, headers, signal });
        if (!response.ok) throw new DriverCallError(call, await errorOf(response));
        return await read(response);
      } catch (error) {
        if (error instanceof DriverCallError) throw error;
        this.#signal?.throwIfAborted();
        if (limit.aborted) throw new DriverCallError(call, noAnswer(limitMs), { cause: error });
        const isOver = performance.now() - began > limitMs + outageMs;
        if (isOver || !isBroken(error)) {
          throw new DriverCallError(call, unreachable(url, error), { cause: error });
        }
        await sleep(PAUSE_MS);
      }
    }
  }
}

async function asJson<T>(response: Response): Promise<T> {
  // The driver is ours and of the same commit: its answers are typed by the contract, not checked again.
  return (await response.json()) as T;
}

/** The driver's own error, or what a body that is none of ours amounts to. */
async function errorOf(response: Response): Promise<api.DriverError> {
  const text = await response.text();
  try {
    const error = JSON.parse(text) as Partial<api.DriverError>;
    if (error.kind && error.message) return { kind: error.kind, message: error.message, chain: error.chain ?? [] };
  } catch {
    // Not JSON: said below.
  }
  return { kind: 'rpc', message: `the driver answered status ${response.status}: ${text.slice(0, 500)}`, chain: [] };
}

function isBroken(error: unknown): boolean {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  const inner = cause as { message?: string; code?: string } | undefined;
  return BROKEN.test([message, code, inner?.message, inner?.code].join(' '));
}

function noAnswer(limitMs: number): api.DriverError {
  const message = `the driver did not answer within ${limitMs / 1000} s and ${MARGIN_MS / 1000} s more`;
  return { kind: 'no-answer', message, chain: [] };
}

function unreachable(url: string, error: unknown): api.DriverError {
  const cause =
    error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
  return { kind: 'rpc', message: `the driver at ${url} cannot be reached: ${cause}`, chain: [] };
}
