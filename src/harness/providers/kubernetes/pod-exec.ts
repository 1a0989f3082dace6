import { Writable } from 'node:stream';
import type { V1Status } from '@kubernetes/client-node';
import { withLimit } from '../../support/with-limit.ts';
import type { Cluster } from './cluster.ts';
import { leavingOwnOutputAlone, type WebSocketLike } from './web-socket.ts';

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
}

export interface ExecResult {
  readonly code: number;
  readonly output: Buffer;
  readonly errors: string;
}

/** A small program, on a machine that may be busy. */
const LIMIT_MS = 20_000;

/** Runs a program in a container that runs. @throws Error when the connection breaks before its end is told */
export async function execInPod(cluster: Cluster, request: ExecRequest): Promise<ExecResult> {
  const { namespace, pod, container, command } = request;
  const name = `${command.slice(-3).join(' ')} in ${pod}`;
  const output = new Collector();
  const errors = new Collector();
  const exec = leavingOwnOutputAlone(new cluster.client.Exec(cluster.config));
  let socket: WebSocketLike | undefined;
  const told = new Promise<V1Status>((resolve, reject) => {
    exec
      .exec(namespace, pod, container, [...command], output, errors, null, false, resolve)
      .then((connection: WebSocketLike) => {
        socket = connection;
        connection.on('close', () => reject(new Error(`socket hang up: ${name}`)));
        connection.on('error', reject);
      })
      .catch((error: unknown) => reject(asError(error)));
  });
  try {
    const status = await withLimit(told, { name, limit: LIMIT_MS });
    return { code: exitCode(status, name), output: output.content(), errors: errors.content().toString('utf8') };
  } finally {
    socket?.close();
  }
}

function exitCode({ status, message, details }: V1Status, name: string): number {
  if (status === 'Success') return 0;
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode');
  if (cause?.message === undefined) throw new Error(`${name}: ${message ?? 'the cluster does not say how it ended'}`);
  return Number(cause.message);
}

/** A refused web socket is told as an event. */
function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  return new Error((error as { message?: string }).message ?? 'the web socket was refused', { cause: error });
}

class Collector extends Writable {
  readonly #parts: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#parts.push(chunk);
    done();
  }

  content(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
