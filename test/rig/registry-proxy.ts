import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands before a real registry, as a company's proxy does. */
export interface RegistryProxy extends AsyncDisposable {
  /** `host:port` */
  readonly address: string;
  /** Bytes of layers and manifests that came through. */
  readonly uploaded: () => number;
}

/** `status`: answers so to what would write; `cut`: breaks the connection after this many bytes of a body. */
export type ProxyFault =
  { readonly kind: 'status'; readonly status: number } | { readonly kind: 'cut'; readonly after: number };

/** Passes everything on to `registry` but what the fault says. */
export async function registryProxy(registry: string, fault?: ProxyFault): Promise<RegistryProxy> {
  let uploaded = 0;
  const server = createServer((incoming, outgoing) => {
    const writes = !['GET', 'HEAD'].includes(incoming.method ?? '');
    if (writes && fault?.kind === 'status') {
      incoming.resume();
      outgoing.writeHead(fault.status, { connection: 'close' }).end(`<html>${fault.status}</html>`);
      return;
    }
    let seen = 0;
    incoming.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      uploaded += chunk.length;
      if (fault?.kind === 'cut' && seen > fault.after) incoming.socket.destroy();
    });
    passOn(incoming, outgoing, registry);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    uploaded: () => uploaded,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The registry answers with addresses made of the request's own host: the proxy's. */
function passOn(incoming: IncomingMessage, outgoing: ServerResponse, registry: string): void {
  const [host, port] = registry.split(':');
  const { method, url: path, headers } = incoming;
  const further = request({ host, port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  further.on('error', () => outgoing.destroy());
  incoming.on('close', () => {
    if (!incoming.complete) further.destroy();
  });
  incoming.pipe(further);
}
