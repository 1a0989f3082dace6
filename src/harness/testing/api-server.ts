import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { clusterAt, type Cluster } from '../providers/kubernetes/cluster.ts';

/** An API server on loopback that can go away and come back. */
export interface ApiServer {
  readonly cluster: Cluster;
  readonly url: string;
  readonly come: () => Promise<void>;
  /** Ends all connections, and takes none until it comes back at the same port. */
  readonly go: () => Promise<void>;
}

/** It is there for the length of a test. */
export async function startApiServer(answer: RequestListener): Promise<ApiServer> {
  let server: Server | undefined;
  let port = 0;
  const come = async (): Promise<void> => {
    server = createServer(answer).listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const go = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (!closing) return;
    const closed = once(closing, 'close');
    closing.close();
    closing.closeAllConnections();
    await closed;
  };
  await come();
  onTestFinished(go);
  const url = `http://127.0.0.1:${port}`;
  return { cluster: await clusterOf(url), url, come, go };
}

async function clusterOf(server: string): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'corda-compat-api-server-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  const text = {
    // The library takes plain HTTP only with this.
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  await writeFile(kubeconfig, JSON.stringify(text));
  return await clusterAt({ kubeconfig });
}

/** An empty list of the kind in the request. */
export const answerEmptyList: RequestListener = (_request, response) => {
  const list = { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
};
