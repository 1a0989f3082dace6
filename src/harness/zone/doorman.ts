import type * as api from './doorman-api.ts';
import { TOKEN_HEADER } from '../releases/jvm-tools.ts';
import { blocked } from '../support/step-error.ts';
import { messageOf } from '../support/words.ts';

/** The doorman's id in a space. */
export const DOORMAN = 'doorman';
/** Folder of the doorman's storage, below its working directory. */
export const DOORMAN_STORAGE = 'zone';
/** The trust store for nodes, below the doorman's working directory; see NETWORK_TRUST_STORE for its password. */
export const DOORMAN_TRUST_STORE = `${DOORMAN_STORAGE}/network-root-truststore.jks`;

/** The storage's folder of certificate signing requests, each with its result. */
export const DOORMAN_REQUESTS = `${DOORMAN_STORAGE}/requests`;
/** All folders of the storage that hold files. */
export const DOORMAN_FOLDERS: readonly string[] = [
  DOORMAN_STORAGE,
  ...['requests', 'node-infos', 'cordapps', 'acknowledged'].map((name) => `${DOORMAN_STORAGE}/${name}`),
];

export interface DoormanOptions {
  /** The names that it certifies: all, or those that the holder of the token has approved. */
  readonly approve: 'all' | 'listed';
  /** Seconds until nodes ask again, for a certificate that is not decided yet and for the network map. */
  readonly pollSeconds: number;
}

/** Command line of `DOORMAN_MAIN`; its token comes in the environment (`DOORMAN_TOKEN`). */
export function doormanArgs(
  listen: { readonly host: string; readonly port: number },
  { approve, pollSeconds }: DoormanOptions,
): readonly string[] {
  const { host, port } = listen;
  return [host, String(port), DOORMAN_STORAGE, '--approve', approve, '--poll', String(pollSeconds)];
}

/** The doorman answers every call at once: a later answer never comes. */
const LIMIT_MS = 30_000;

export interface DoormanAddress {
  /** `http://host:port` on this machine. */
  readonly url: string;
  readonly token: string;
}

/** The doorman's own API (domain/doorman-api.ts), typed. Every method throws StepError blocked (zone). */
export class DoormanClient {
  readonly #address: DoormanAddress;
  readonly #signal: AbortSignal | undefined;

  constructor(address: DoormanAddress, signal?: AbortSignal) {
    this.#address = address;
    this.#signal = signal;
  }

  async status(): Promise<api.DoormanStatus> {
    return (await this.#call('GET', 'admin/status')) as api.DoormanStatus;
  }

  async approve(request: api.ApprovalsRequest): Promise<api.Approvals> {
    return (await this.#call('POST', 'admin/approvals', JSON.stringify(request))) as api.Approvals;
  }

  async refuse(request: api.RefusalRequest): Promise<api.CertificateRequestView> {
    return (await this.#call('POST', 'admin/refusals', JSON.stringify(request))) as api.CertificateRequestView;
  }

  async addCordapp(jar: Uint8Array<ArrayBuffer>): Promise<api.AddedCordapp> {
    return (await this.#call('POST', 'admin/cordapps', jar)) as api.AddedCordapp;
  }

  async setParameters(request: api.ParametersRequest): Promise<api.SetParameters> {
    return (await this.#call('POST', 'admin/parameters', JSON.stringify(request))) as api.SetParameters;
  }

  async #call(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>): Promise<unknown> {
    const { url, token } = this.#address;
    const limit = AbortSignal.timeout(LIMIT_MS);
    const signal = this.#signal ? AbortSignal.any([this.#signal, limit]) : limit;
    const headers = { [TOKEN_HEADER]: token };
    const what = `the doorman at ${url}`;
    try {
      const response = await fetch(`${url}/${path}`, { method, headers, signal, ...(body ? { body } : {}) });
      // The doorman is ours and of the same commit: its answers are typed by the contract, not checked again.
      if (response.ok) return await response.json();
      const reason = await response.text();
      throw blocked('zone', `${what} refused ${method} /${path} (status ${response.status}): ${reason}`);
    } catch (error) {
      if (error instanceof Error && error.name === 'StepError') throw error;
      this.#signal?.throwIfAborted();
      const why = limit.aborted ? `no answer within ${LIMIT_MS / 1000} s` : describe(error);
      throw blocked('zone', `${what}: ${method} /${path}: ${why}`, { cause: error });
    }
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return messageOf(cause);
}
