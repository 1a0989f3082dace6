import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTAGE_LIMIT_MS } from '../../config/cell.ts';
import { listenOnLoopback } from '../../support/ports.ts';
import type { Endpoint } from '../../corda/topology.ts';
import type { Cluster } from './cluster.ts';

const PAUSE_MS = 300;

export interface ForwardTarget {
  readonly namespace: string;
  readonly port: number;
  /** Name of the Pod that runs now; `undefined` while there is none. */
  readonly pod: () => string | undefined;
}

/** A port of a Pod as a port of this machine's loopback. */
export interface Forwarder {
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

/**
 * Listens on the loopback; each connection goes through the API server to the Pod that runs then. While the API server or
 * the Pod is gone, new connections wait for it; those that it cuts off end, and their clients connect again.
 */
export async function openForwarder(cluster: Cluster, target: ForwardTarget): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(cluster, target, socket, closing.signal).catch(() => socket.destroy());
  });
  return {
    endpoint: await listenOnLoopback(server),
    async close() {
      closing.abort();
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

async function serve(cluster: Cluster, target: ForwardTarget, socket: Socket, signal: AbortSignal): Promise<void> {
  const end = performance.now() + OUTAGE_LIMIT_MS;
  for (;;) {
    if (signal.aborted || socket.destroyed) return;
    const pod = target.pod();
    const connection = pod === undefined ? undefined : await connect(cluster, target, { pod, socket });
    if (connection) {
      socket.on('close', () => connection.close());
      return;
    }
    if (performance.now() >= end) {
      socket.resetAndDestroy();
      return;
    }
    await sleep(PAUSE_MS);
  }
}

/** @returns `undefined` where it is refused: by an API server that is gone, for a Pod that is going */
async function connect(
  cluster: Cluster,
  { namespace, port }: ForwardTarget,
  { pod, socket }: { readonly pod: string; readonly socket: Socket },
): Promise<WebSocketLike | undefined> {
  const { handler } = leavingOwnOutputAlone(new cluster.client.Exec(cluster.config));
  const forward = new cluster.client.PortForward(cluster.config, true, handler);
  // The port refuses, or the Pod is gone: the client is cut off and connects again.
  const errors = new PassThrough().on('data', () => socket.resetAndDestroy());
  const input = new PassThrough();
  try {
    const opening = forward.portForward(namespace, pod, [port], socket, errors, input) as Promise<unknown>;
    const connection = (await opening) as WebSocketLike;
    connection.on('close', () => socket.end());
    connection.on('error', () => socket.resetAndDestroy());
    socket.pipe(input);
    socket.resume();
    return connection;
  } catch {
    return undefined;
  }
}

/** The part of the library's web sockets that we use; their package has no types. */
export interface WebSocketLike {
  close(): void;
  on(event: 'close', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

/** Told nothing else, the library closes this process's own output when the server closes a stream. */
export function leavingOwnOutputAlone<T extends { readonly handler: object }>(user: T): T {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  Object.assign(user.handler, { streams: { stdin, stdout, stderr } });
  return user;
}
